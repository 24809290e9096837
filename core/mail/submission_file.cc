#include "core/mail/submission_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/base/crc32c.h"

namespace postern::mail {
namespace {

constexpr std::string_view kMagic = "PSTNSUB1";
constexpr std::string_view kEnd = "PSTNEND1";
constexpr std::string_view kUnfinished = "tmp.";
constexpr std::string_view kTaken = ".taken";
constexpr std::size_t kHeaderSize = 40;
constexpr std::size_t kNameDigits = 32;
constexpr std::size_t kBuffer = 64u << 10;

template <typename T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out.push_back(static_cast<char>(value >> (8 * i)));
}
template <typename T>
T get(std::string_view in, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(in[at + i])) << (8 * i));
  return value;
}

struct Header {
  std::uint64_t content_size = 0;
  std::uint32_t content_crc = 0;
  std::uint32_t fields_size = 0;
  std::uint32_t fields_crc = 0;
};

std::string encode(const Header& header) {
  std::string out(kMagic);
  put(out, header.content_size);
  put(out, header.content_crc);
  put(out, header.fields_size);
  put(out, header.fields_crc);
  put(out, std::uint64_t{0});
  put(out, crc32c(out));
  return out;
}

std::optional<Header> parse_header(std::string_view in) {
  if (in.size() != kHeaderSize || !in.starts_with(kMagic)) return std::nullopt;
  if (get<std::uint32_t>(in, kHeaderSize - 4) != crc32c(in.substr(0, kHeaderSize - 4)))
    return std::nullopt;
  return Header{get<std::uint64_t>(in, 8), get<std::uint32_t>(in, 16), get<std::uint32_t>(in, 20),
                get<std::uint32_t>(in, 24)};
}

// -1 and errno on failure; goes on after short writes.
int write_all(int fd, std::string_view octets, std::uint64_t offset) {
  while (!octets.empty()) {
    const ssize_t n = ::pwrite(fd, octets.data(), octets.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    octets.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return 0;
}

// Fewer octets only where the file ends; -1 and errno on failure.
ssize_t read_some(int fd, std::span<char> buffer, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t n =
        ::pread(fd, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

// 128 random bits: nobody who may not list the directory can guess a name and read the message.
std::string make_name() {
  unsigned char random[kNameDigits / 2] = {};
  std::size_t have = 0;
  while (have < sizeof random) {
    const ssize_t n = ::getrandom(random + have, sizeof random - have, 0);
    if (n > 0) have += static_cast<std::size_t>(n);
  }
  std::string name;
  for (const unsigned char each : random)
    name += fmt::format("{:02x}", each);
  return name;
}

UniqueFd open_directory(const std::string& path) {
  // O_PATH: a maildrop that strangers write to is not readable to them.
  return UniqueFd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// The directory may be closed to reading, then only its name can be opened and fsync(2) has no
// descriptor to work on.  syncfs(2) of the file covers its new name as well.
int sync_directory(int directory, int file) {
  const UniqueFd readable(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (readable) return ::fsync(readable.get());
  return errno == EACCES ? ::syncfs(file) : -1;
}

}  // namespace

Result<SubmissionWriter> SubmissionWriter::create(const std::string& directory,
                                                  const SubmissionLimits& limits) {
  UniqueFd folder = open_directory(directory);
  if (!folder) return fail_errno("maildrop " + directory);
  std::string name = make_name();
  const std::string temporary = std::string(kUnfinished) + name;
  // 0444: the engine runs as another user, and reads it; the directory is what keeps others out.
  // The mode is set at once, so that no umask and no crash leaves a file the engine can't read.
  UniqueFd file(::openat(folder.get(), temporary.c_str(),
                         O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_errno("maildrop: make " + directory + "/" + temporary);
  if (::fchmod(file.get(), 0444) != 0) {
    const int cause = errno;
    ::unlinkat(folder.get(), temporary.c_str(), 0);
    return fail_errno("maildrop: chmod " + directory + "/" + temporary, cause);
  }
  SubmissionWriter writer(std::move(folder), std::move(file), std::move(name), limits);
  return writer;
}

SubmissionWriter::~SubmissionWriter() {
  if (file_) ::unlinkat(directory_.get(), (std::string(kUnfinished) + name_).c_str(), 0);
}

Result<void> SubmissionWriter::append(std::string_view octets) {
  if (limits_.max_content != 0 && octets.size() > limits_.max_content - content_size_)
    return fail(ErrorKind::kLimit, "message larger than {} octets (message_size_limit)",
                limits_.max_content);
  content_crc_ = crc32c(octets, content_crc_);
  content_size_ += octets.size();
  buffer_.append(octets);
  if (buffer_.size() >= kBuffer) return flush();
  return {};
}

Result<void> SubmissionWriter::flush() {
  if (write_all(file_.get(), buffer_, kHeaderSize + content_size_ - buffer_.size()) != 0)
    return fail_errno("maildrop: write");
  buffer_.clear();
  return {};
}

Result<std::string> SubmissionWriter::commit(const Submission& submission) {
  if (submission.recipients.empty()) return fail(ErrorKind::kInvalid, "no recipient");
  std::string tail = encode_submission(submission);
  // What a reader with the same limits would refuse is not written.
  if (auto readable = parse_submission(tail, limits_); !readable)
    return std::unexpected(readable.error());
  if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
  Header header;
  header.content_size = content_size_;
  header.content_crc = content_crc_;
  header.fields_size = static_cast<std::uint32_t>(tail.size());
  header.fields_crc = crc32c(tail);
  tail.append(kEnd);
  if (write_all(file_.get(), tail, kHeaderSize + content_size_) != 0 ||
      write_all(file_.get(), encode(header), 0) != 0)
    return fail_errno("maildrop: write");
  if (::fsync(file_.get()) != 0) return fail_errno("maildrop: sync");
  // Not renameat(2), which would replace: 128 random bits never meet a name that exists, but a
  // hostile one may wait for us.
  if (::renameat2(directory_.get(), (std::string(kUnfinished) + name_).c_str(), directory_.get(),
                  name_.c_str(), RENAME_NOREPLACE) != 0)
    return fail_errno("maildrop: rename");
  const UniqueFd file = std::move(file_);  // the temporary name is gone
  if (sync_directory(directory_.get(), file.get()) != 0) {
    const int cause = errno;
    // Not durable, so it is not submitted: the caller reports failure, and one copy is enough.
    ::unlinkat(directory_.get(), name_.c_str(), 0);
    return fail_errno("maildrop: sync of the directory", cause);
  }
  return name_;
}

Result<SubmissionReader> SubmissionReader::open(int directory, const std::string& name,
                                                const SubmissionLimits& limits) {
  if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..")
    return fail(ErrorKind::kInvalid, "maildrop: bad name");
  SubmissionReader out;
  // O_NONBLOCK: a fifo of that name must not hold the engine.
  out.file_.reset(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!out.file_) {
    if (errno == ELOOP) return fail(ErrorKind::kInvalid, "maildrop/{}: a symbolic link", name);
    return fail_errno("maildrop/" + name);
  }
  struct stat info = {};
  if (::fstat(out.file_.get(), &info) != 0) return fail_errno("maildrop/" + name);
  if (!S_ISREG(info.st_mode))
    return fail(ErrorKind::kInvalid, "maildrop/{}: not a regular file", name);
  // A second name could be a way to have somebody else's file read and sent.
  if (info.st_nlink != 1)
    return fail(ErrorKind::kInvalid, "maildrop/{}: has {} names", name, info.st_nlink);
  out.owner_ = info.st_uid;
  out.written_ = WallTime(std::chrono::seconds(info.st_mtim.tv_sec));

  const auto corrupt = [&name](std::string_view what) {
    return fail(ErrorKind::kCorrupt, "maildrop/{}: {}", name, what);
  };
  std::array<char, kHeaderSize> raw{};
  const ssize_t got = read_some(out.file_.get(), raw, 0);
  if (got < 0) return fail_errno("maildrop/" + name);
  const auto header = parse_header({raw.data(), static_cast<std::size_t>(got)});
  if (!header) return corrupt("no valid header");
  const auto size = static_cast<std::uint64_t>(info.st_size);
  constexpr std::uint64_t kFrame = kHeaderSize + kEnd.size();
  if (size < kFrame || header->content_size > size - kFrame ||
      header->fields_size != size - kFrame - header->content_size)
    return corrupt("its length is not what the header says");
  if (limits.max_content != 0 && header->content_size > limits.max_content)
    return fail(ErrorKind::kLimit, "maildrop/{}: {} octets of mail data where {} are allowed", name,
                header->content_size, limits.max_content);
  if (header->fields_size > limits.max_fields_octets)
    return fail(ErrorKind::kLimit, "maildrop/{}: envelope of {} octets where {} are allowed", name,
                header->fields_size, limits.max_fields_octets);
  std::string tail(header->fields_size + kEnd.size(), '\0');
  const ssize_t have = read_some(out.file_.get(), tail, kHeaderSize + header->content_size);
  if (have < 0) return fail_errno("maildrop/" + name);
  if (static_cast<std::size_t>(have) != tail.size() || !tail.ends_with(kEnd))
    return corrupt("no end mark");
  tail.resize(header->fields_size);
  if (crc32c(tail) != header->fields_crc) return corrupt("checksum of the envelope");
  auto parsed = parse_submission(tail, limits);
  if (!parsed) return fail(parsed.error().kind, "maildrop/{}: {}", name, parsed.error().context);
  out.submission_ = std::move(*parsed);
  out.content_size_ = header->content_size;
  out.expected_crc_ = header->content_crc;
  return out;
}

Result<std::size_t> SubmissionReader::read(std::span<char> buffer) {
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), content_size_ - position_));
  if (wanted == 0) {
    if (buffer.empty() || crc_ == expected_crc_) return std::size_t{0};
    return fail(ErrorKind::kCorrupt, "maildrop: checksum of the mail data");
  }
  const ssize_t got = read_some(file_.get(), buffer.first(wanted), kHeaderSize + position_);
  if (got < 0) return fail_errno("maildrop: read");
  // Its owner can cut it short under us.
  if (static_cast<std::size_t>(got) != wanted)
    return fail(ErrorKind::kCorrupt, "maildrop: the file has become shorter");
  crc_ = crc32c({buffer.data(), wanted}, crc_);
  position_ += wanted;
  return wanted;
}

bool is_submission_name(std::string_view name) {
  return name.size() == kNameDigits && std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<SubmissionNames> list_submissions(const std::string& directory, std::size_t limit) {
  struct Close {
    void operator()(DIR* open) const { ::closedir(open); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir(directory.c_str()));
  if (!folder) return fail_errno("maildrop " + directory);
  SubmissionNames out;
  std::size_t seen = 0;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr && errno != 0) return fail_errno("maildrop " + directory);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (seen++ == limit) {
      out.is_truncated = true;
      break;
    }
    if (is_submission_name(name)) {
      out.ready.emplace_back(name);
    } else if (name.starts_with(kUnfinished) &&
               is_submission_name(name.substr(kUnfinished.size()))) {
      out.unfinished.emplace_back(name);
    } else if (name.ends_with(kTaken)) {
      if (const auto id = QueueId::parse(name.substr(0, name.size() - kTaken.size())); id && *id)
        out.taken.emplace_back(name, *id);
    }
  }
  std::ranges::sort(out.ready);
  return out;
}

Result<std::string> take_submission(int directory, const std::string& name, QueueId id) {
  std::string taken = id.to_string() + std::string(kTaken);
  if (::renameat2(directory, name.c_str(), directory, taken.c_str(), RENAME_NOREPLACE) != 0)
    return fail_errno("maildrop/" + name + ": rename");
  return taken;
}

Result<void> remove_submission(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT)
    return fail_errno("maildrop/" + name + ": unlink");
  const UniqueFd readable(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable || ::fsync(readable.get()) != 0) return fail_errno("maildrop: sync");
  return {};
}

}  // namespace postern::mail
