// Submission file: one message as sendmail(1) drops it into <queue_directory>/maildrop, whether or
// not the engine runs.  Envelope and mail data in one file that validates itself.
//
// Layout, little-endian: 40 octets of header, the mail data, the envelope fields, the end mark.
//   header   magic "PSTNSUB1", u64 length of the mail data, u32 CRC32C of the mail data,
//            u32 length of the fields, u32 CRC32C of the fields, u64 zero,
//            u32 CRC32C of the 36 octets before; written last, over zeros
//   fields   u8 tag, u32 length, value; in any order, unknown tags are skipped.  Behind the mail
//            data, because -t finds recipients there
//   end      "PSTNEND1"
// A writer fills "tmp.<name>", syncs it, renames it to <name> and syncs the directory, so what
// stands under a final name is whole; what does not validate is hostile or damaged.
//
// Trust: any local user may have written the file, but the kernel says which: owner() is the
// submitter, whatever the fields claim.  A reader follows no link, opens nothing but regular files
// with one name, and believes no length before it is checked against the file's.
//
// Exactly once: the engine renames a file to "<queue id>.taken" (take()), commits it under that id,
// unlinks it and syncs the directory, and only then lets the queue have it.  A ".taken" file found
// at start is unlinked where the spool has its id, else put through again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/queue_id.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/mail/envelope.h"

namespace postern::mail {

struct SubmissionLimits {
  std::uint64_t max_content = 10'240'000;     // message_size_limit; 0: none
  std::size_t max_fields_octets = 16u << 20;  // all envelope fields together
  std::size_t max_recipients = 50'000;
  std::size_t max_field_octets = 4096;  // one address, envid, name
};

// What the submitter says of the message.  Addresses are parsed and qualified by the engine's rules
// only after the file is read: here they are text that came from a stranger.
struct Submission {
  // Of -f; nullopt: not given, the submitter's login name counts.  "" is the null reverse-path.
  std::optional<std::string> reverse_path;
  struct To {
    std::string address;                         // local@domain, or a bare local part
    std::string orcpt;                           // "rfc822;..." or ""
    DsnNotify notify = DsnNotify::kUnspecified;  // -N
  };
  std::vector<To> recipients;
  std::string full_name;                    // -F
  std::string envid;                        // -V
  DsnReturn ret = DsnReturn::kUnspecified;  // -R
  BodyType body = BodyType::kSevenBit;
  bool smtputf8 = false;
};

// Writes one file.  Destroyed without commit(): nothing stays.  Not thread-safe; blocks.
class SubmissionWriter {
 public:
  // Makes "tmp.<random>" in `directory`.  kNotFound, kPermission, kNoSpace, kIo.
  static Result<SubmissionWriter> create(const std::string& directory,
                                         const SubmissionLimits& limits);
  SubmissionWriter(SubmissionWriter&&) = default;
  SubmissionWriter& operator=(SubmissionWriter&&) = delete;
  ~SubmissionWriter();

  // Mail data in canonical form, CRLF line ends.  kLimit: more than max_content.
  Result<void> append(std::string_view octets);
  std::uint64_t size() const { return content_size_; }
  // Writes the envelope, syncs, renames, syncs the directory.  The final name, without directory.
  // kInvalid: no recipient; kLimit: more than the limits allow.
  Result<std::string> commit(const Submission& submission);

 private:
  SubmissionWriter(UniqueFd directory, UniqueFd file, std::string name,
                   const SubmissionLimits& limits)
      : directory_(std::move(directory)),
        file_(std::move(file)),
        name_(std::move(name)),
        limits_(limits) {}
  Result<void> flush();

  UniqueFd directory_;
  UniqueFd file_;
  std::string name_;  // the final one
  SubmissionLimits limits_;
  std::string buffer_;
  std::uint64_t content_size_ = 0;
  std::uint32_t content_crc_ = 0;
};

// Reads one file.  Not thread-safe; blocks.
class SubmissionReader {
 public:
  // `directory`: an open directory; `name`: one component.  Validates header, envelope and length
  // of the file.  kInvalid: a link, not a regular file, more than one name, a bad name; kCorrupt:
  // does not validate; kLimit: larger than the limits; kNotFound, kPermission, kIo.
  static Result<SubmissionReader> open(int directory, const std::string& name,
                                       const SubmissionLimits& limits);

  const Submission& submission() const { return submission_; }
  uid_t owner() const { return owner_; }
  WallTime written() const { return written_; }  // the file's modification time
  std::uint64_t content_size() const { return content_size_; }

  // The next octets of the mail data; 0: all were given, and checksum and end mark are right.
  // kCorrupt: they are not, so what was given before must not be kept.
  Result<std::size_t> read(std::span<char> buffer);

 private:
  SubmissionReader() = default;
  UniqueFd file_;
  Submission submission_;
  uid_t owner_ = 0;
  WallTime written_{};
  std::uint64_t content_size_ = 0;
  std::uint64_t position_ = 0;  // in the mail data
  std::uint32_t expected_crc_ = 0;
  std::uint32_t crc_ = 0;
};

// What a maildrop holds.
struct SubmissionNames {
  std::vector<std::string> ready;                      // oldest first by name
  std::vector<std::pair<std::string, QueueId>> taken;  // an earlier run began with them
  std::vector<std::string> unfinished;                 // "tmp.": another process writes, or died
  bool is_truncated = false;                           // more than `limit`
};
// Looks at no more than `limit` names.  Names that no writer makes are left out.
Result<SubmissionNames> list_submissions(const std::string& directory, std::size_t limit);
// Whether a writer may have made `name`.
bool is_submission_name(std::string_view name);

// Renames `name` to "<id>.taken"; the new name.
Result<std::string> take_submission(int directory, const std::string& name, QueueId id);
// Unlinks and syncs the directory.
Result<void> remove_submission(int directory, const std::string& name);

// Envelope fields; for tests and the fuzzer.
std::string encode_submission(const Submission& submission);
Result<Submission> parse_submission(std::string_view fields, const SubmissionLimits& limits);

}  // namespace postern::mail
