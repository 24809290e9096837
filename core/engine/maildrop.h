// Maildrop: takes over what sendmail(1) has left in <queue_directory>/maildrop, while the engine
// was down or just now, and commits it like any other mail.  A thread of its own: woken by the
// kernel when a file arrives, and looking again now and then in case it was not. A file goes away
// after its message is durable and before the queue may deliver it, so a kill at any moment neither
// loses nor doubles it (mail/submission_file.h). Postfix: pickup(8).
#pragma once

#include <atomic>
#include <thread>
#include <unordered_set>

#include "core/base/unique_fd.h"
#include "core/engine/intake.h"
#include "core/mail/submission_file.h"
#include "core/spool/fs.h"

namespace postern::engine {

// Files that an earlier run took and did not finish.  Before the store opens, so before any of
// their messages can be delivered: those the spool has are removed, the rest are put back.  Blocks.
Result<void> settle_taken_files(const std::string& maildrop, spool::FileSystem& fs,
                                const std::string& spool_directory);

class Maildrop {
 public:
  Maildrop(std::string directory, Intake& intake, const Current<MailPolicy>& policy)
      : directory_(std::move(directory)), intake_(intake), policy_(policy) {}
  ~Maildrop() { stop(); }

  // Opens the directory and starts the thread.  kNotFound, kPermission, kIo.
  Result<void> start();
  // After the message under way.  Idempotent.
  void stop();

 private:
  void run();
  void watch();
  // False: the queue takes nothing now; try again later.
  bool take_all();
  Result<void> take_one(const std::string& name);
  Result<mail::ContentPtr> read_content(mail::SubmissionReader& reader, QueueId id,
                                        const mail::ReversePath& reverse_path);
  void set_aside(const std::string& name, const Error& error);
  mail::SubmissionLimits limits() const;

  static constexpr std::size_t kNamesAtATime = 1000;

  const std::string directory_;
  Intake& intake_;
  const Current<MailPolicy>& policy_;
  UniqueFd folder_;
  UniqueFd inotify_;
  UniqueFd wake_;  // eventfd: stop
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

// The envelope of a submission: addresses parsed and completed, the submitter's login name where no
// sender was given.  A recipient that is no address stays one of ours, so that it comes back as
// undeliverable instead of vanishing.  Looks the submitter up; blocks.
mail::Envelope envelope_of(const mail::Submission& submission, uid_t owner, WallTime now,
                           const std::string& origin);

}  // namespace postern::engine
