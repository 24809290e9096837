#include "core/engine/maildrop.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <condition_variable>

#include "core/base/log.h"
#include "core/engine/own_message.h"
#include "core/mime/header_section.h"
#include "core/spool/spool_view.h"

namespace postern::engine {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kMostTaken = 100'000;
// The kernel's notice comes at once; this is for what it dropped.
constexpr int kRescanMs = 30'000;
constexpr int kRetryMs = 5'000;

Result<UniqueFd> open_folder(const std::string& path) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail_errno("maildrop " + path);
  return folder;
}

}  // namespace

Result<void> settle_taken_files(const std::string& maildrop, spool::FileSystem& fs,
                                const std::string& spool_directory) {
  auto names = mail::list_submissions(maildrop, kMostTaken);
  if (!names) return std::unexpected(names.error());
  if (names->taken.empty()) return {};
  auto folder = open_folder(maildrop);
  if (!folder) return std::unexpected(folder.error());
  auto view = spool::SpoolView::open(fs, spool_directory);
  if (!view && view.error().kind != ErrorKind::kNotFound) return std::unexpected(view.error());
  for (const auto& [name, id] : names->taken) {
    if (view && view->read(id)) {
      if (auto gone = mail::remove_submission(folder->get(), name); !gone) return gone;
      continue;
    }
    // Any name that a writer could have made; the id makes it unique.
    const std::string waiting = fmt::format("{:032x}", id.value());
    if (::renameat(folder->get(), name.c_str(), folder->get(), waiting.c_str()) != 0)
      return fail_errno("rename " + maildrop + "/" + name);
    log::info("pickup", "{}: not committed before the stop, taken again", waiting);
  }
  return {};
}

Result<void> Maildrop::start() {
  auto folder = open_folder(directory_);
  if (!folder) return std::unexpected(folder.error());
  folder_ = std::move(*folder);
  inotify_ = UniqueFd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify_) return fail_errno("inotify");
  if (::inotify_add_watch(inotify_.get(), directory_.c_str(), IN_MOVED_TO) < 0)
    return fail_errno("watch " + directory_);
  wake_ = UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_) return fail_errno("eventfd");
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "pickup");
  return {};
}

void Maildrop::stop() {
  is_stopping_ = true;
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

void Maildrop::run() {
  while (!is_stopping_) {
    const bool is_done = take_all();
    if (is_stopping_) return;
    pollfd waits[] = {{wake_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}};
    // While the spool takes nothing, further files are no reason to try again sooner.
    ::poll(waits, is_done ? 2 : 1, is_done ? kRescanMs : kRetryMs);
    char events[4096];
    while (::read(inotify_.get(), events, sizeof events) > 0) {
    }
  }
}

bool Maildrop::take_all() {
  for (;;) {
    auto names = mail::list_submissions(directory_, kNamesAtATime);
    if (!names) {
      log::warning("pickup", "{}", names.error().describe());
      return false;
    }
    std::size_t failed = 0;
    for (const std::string& name : names->ready) {
      if (is_stopping_) return true;
      const auto taken = take_one(name);
      if (taken) continue;
      const Error& error = taken.error();
      switch (error.kind) {
        case ErrorKind::kNotFound: break;  // its writer took it back
        case ErrorKind::kInvalid:
        case ErrorKind::kCorrupt:
        case ErrorKind::kLimit:
          set_aside(name, error);
          ++failed;
          break;
        default: log::warning("pickup", "{}: {}", name, error.describe()); return false;
      }
    }
    if (!names->is_truncated || names->ready.empty() || failed == names->ready.size()) return true;
  }
}

mail::SubmissionLimits Maildrop::limits() const {
  mail::SubmissionLimits out;
  out.max_content = policy_.get()->message_size_limit;
  return out;
}

Result<void> Maildrop::take_one(const std::string& name) {
  auto reader = mail::SubmissionReader::open(folder_.get(), name, limits());
  if (!reader) return std::unexpected(reader.error());
  const auto policy = policy_.get();
  const QueueId id = intake_.store().next_id();
  mail::Envelope envelope = envelope_of(reader->submission(), reader->owner(),
                                        intake_.clock().wall(), policy->trace.hostname);
  const std::string sender = to_wire(envelope.reverse_path);
  auto content = read_content(*reader, id, envelope.reverse_path);
  if (!content) return std::unexpected(content.error());
  auto taken = mail::take_submission(folder_.get(), name, id);
  if (!taken) return std::unexpected(taken.error());

  struct Answer {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<Result<Intake::Accepted>> value;
  };
  const auto answer = std::make_shared<Answer>();
  intake_.commit(id, std::move(envelope), std::move(*content),
                 [answer](Result<Intake::Accepted> accepted) {
                   const std::lock_guard lock(answer->mutex);
                   answer->value.emplace(std::move(accepted));
                   answer->ready.notify_one();
                 });
  std::unique_lock lock(answer->mutex);
  answer->ready.wait(lock, [&] { return answer->value.has_value(); });
  Result<Intake::Accepted>& accepted = *answer->value;
  if (!accepted) {
    if (::renameat(folder_.get(), taken->c_str(), folder_.get(), name.c_str()) != 0)
      log::warning("pickup", "{}", fail_errno("rename " + *taken).error().describe());
    // What is wrong with an alias is no fault of the file: it waits for the operator.
    return fail(ErrorKind::kUnavailable, "{}", accepted.error().describe());
  }
  log::info("pickup", "{}: uid={} from=<{}>", id.to_string(), reader->owner(), sender);
  if (auto gone = mail::remove_submission(folder_.get(), *taken); !gone)
    // The message is durable, and the next start finds both and removes the file.
    log::warning("pickup", "{}: {}", id.to_string(), gone.error().describe());
  [[maybe_unused]] const spool::CommitToken token = intake_.admit(std::move(*accepted));
  return {};
}

Result<mail::ContentPtr> Maildrop::read_content(mail::SubmissionReader& reader, QueueId id,
                                                const mail::ReversePath& reverse_path) {
  const auto policy = policy_.get();
  const WallTime now = intake_.clock().wall();
  const auto writer = intake_.store().new_content(id);
  std::string piece(std::max<std::size_t>(kPiece, mime::HeaderLimits{}.max_octets), '\0');
  bool is_first = true;
  for (;;) {
    // The first piece holds the whole header section, or as much as counts.
    std::size_t filled = 0;
    while (filled < piece.size()) {
      const auto count = reader.read(std::span(piece).subspan(filled));
      if (!count) return std::unexpected(count.error());
      if (*count == 0) break;
      filled += *count;
    }
    const std::string_view octets(piece.data(), filled);
    if (is_first) {
      is_first = false;
      const auto section = mime::HeaderSection::parse(octets);
      std::string prologue =
          mime::received_field_local(reader.owner(), id, now, policy->trace) +
          mime::missing_fields(section, reverse_path, reader.submission().full_name, id, now,
                               policy->trace);
      log_message_id(id, prologue + std::string(octets.substr(0, section.size())));
      if (!section.is_well_ended()) prologue += "\r\n";
      if (auto done = writer->append(prologue); !done) return std::unexpected(done.error());
    }
    if (filled == 0) return writer->finish();
    if (auto done = writer->append(octets); !done) return std::unexpected(done.error());
  }
}

void Maildrop::set_aside(const std::string& name, const Error& error) {
  const std::string aside = "corrupt." + name;
  log::warning("pickup", "{}: {}: set aside as {}/{}", name, error.describe(), directory_, aside);
  if (::renameat(folder_.get(), name.c_str(), folder_.get(), aside.c_str()) != 0)
    log::warning("pickup", "{}", fail_errno("rename " + name).error().describe());
}

}  // namespace postern::engine
