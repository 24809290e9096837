#include "core/engine/key_reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>

#include "core/config/params.h"

namespace postern::engine {
namespace {
namespace params = config::params;

constexpr std::size_t kMaxPath = 4096;

// The whole of a regular file, sealed, so that what was handed out cannot change.  0 or an errno.
int copy_file(const std::string& path, uid_t reader, UniqueFd& copy) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info{};
  if (!file || ::fstat(file.get(), &info) != 0) return errno;
  if (!S_ISREG(info.st_mode)) return EINVAL;
  if (info.st_size > static_cast<off_t>(KeyReader::kMaxOctets)) return EFBIG;
  copy = UniqueFd(::memfd_create("key", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy) return errno;
  std::string buffer(KeyReader::kMaxOctets + 1, '\0');
  ssize_t count = 0;
  while ((count = ::read(file.get(), buffer.data(), buffer.size())) > 0)
    if (::write(copy.get(), buffer.data(), static_cast<std::size_t>(count)) != count) return errno;
  ::explicit_bzero(buffer.data(), buffer.size());
  if (count < 0) return errno;
  if (::fchown(copy.get(), reader, static_cast<gid_t>(-1)) != 0) return errno;
  if (::fchmod(copy.get(), S_IRUSR) != 0) return errno;
  constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  return ::fcntl(copy.get(), F_ADD_SEALS, kSeals) == 0 ? 0 : errno;
}

// One answer: an errno, and where it is 0 the descriptor.
void answer(int channel, int outcome, int fd) {
  iovec payload{&outcome, sizeof outcome};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &payload;
  message.msg_iovlen = 1;
  if (outcome == 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ::sendmsg(channel, &message, MSG_NOSIGNAL);
}

[[noreturn]] void serve(int inherited, const std::vector<std::string>& files, uid_t reader) {
  // Nothing else of the engine's is kept open here: the other helper ends when its channel closes.
  constexpr int kChannel = 3;
  const int channel = inherited == kChannel ? kChannel : ::dup2(inherited, kChannel);
  ::close_range(kChannel + 1, ~0U, 0);
  ::prctl(PR_SET_NAME, "posternd-keys");
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  char path[kMaxPath];
  for (;;) {
    const ssize_t length = ::recv(channel, path, sizeof path, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) ::_exit(0);
    const std::string file(path, static_cast<std::size_t>(length));
    UniqueFd copy;
    const bool is_named = std::ranges::find(files, file) != files.end();
    const int outcome = is_named ? copy_file(file, reader, copy) : EPERM;
    answer(channel, outcome, copy.get());
  }
}

Result<UniqueFd> receive(int channel) {
  int outcome = 0;
  iovec payload{&outcome, sizeof outcome};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &payload;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof outcome))
    return fail(ErrorKind::kClosed, "the process that reads keys is gone; restart the engine");
  if (outcome != 0) return fail_errno("", outcome);
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
    return fail(ErrorKind::kClosed, "the process that reads keys sent no file");
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

}  // namespace

std::vector<std::string> KeyReader::files_of(const config::Settings& settings) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& file) {
    if (!file.empty() && std::ranges::find(out, file) == out.end()) out.push_back(file);
  };
  for (const config::SmtpListener& listener : config::smtp_listeners(settings.master())) {
    const config::Settings view = settings.for_service(*listener.service);
    for (const std::string& file : view.get(params::smtpd_tls_chain_files))
      add(file);
    add(view.get(params::smtpd_tls_cert_file));
    add(view.get(params::smtpd_tls_key_file));
  }
  return out;
}

Result<std::unique_ptr<KeyReader>> KeyReader::start(std::vector<std::string> files, uid_t reader) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("socketpair for the process that reads keys");
  UniqueFd ours(ends[0]), theirs(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork the process that reads keys");
  if (pid == 0) {
    ours.reset();
    serve(theirs.get(), files, reader);
  }
  return std::unique_ptr<KeyReader>(new KeyReader(std::move(ours), pid));
}

KeyReader::~KeyReader() {
  channel_.reset();
  ::waitpid(pid_, nullptr, 0);
}

Result<UniqueFd> KeyReader::read(const std::string& file) {
  const std::lock_guard lock(mutex_);
  if (file.size() > kMaxPath) return fail(ErrorKind::kLimit, "{}: the name is too long", file);
  if (::send(channel_.get(), file.data(), file.size(), MSG_NOSIGNAL) < 0)
    return fail(ErrorKind::kClosed, "the process that reads keys is gone; restart the engine");
  auto copy = receive(channel_.get());
  if (copy || copy.error().sys_errno == 0) return copy;
  if (copy.error().sys_errno == EPERM)
    return fail(ErrorKind::kPermission,
                "{}: only root may read it and the configuration did not name it when the engine "
                "was started; restart the engine",
                file);
  return fail_errno(file, copy.error().sys_errno);
}

}  // namespace postern::engine
