// KeyReader: certificates and keys that only root may read, at the start and again at each reload,
// for an engine that is not root any more.  A small process is forked before rights are given up;
// it opens only the files that the configuration named then, and hands out sealed copies in memory.
// It reads nothing else, has no network, and ends when the engine's end of the pair closes.
// read() is thread-safe; blocks.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/config/settings.h"

namespace postern::engine {

class KeyReader {
 public:
  static constexpr std::size_t kMaxOctets = 1 << 20;  // of one file

  // Every certificate and key file that some listener of `settings` names.
  static std::vector<std::string> files_of(const config::Settings& settings);
  // Forks.  Before threads and before rights are given up.  `reader`: who may open the copies.
  static Result<std::unique_ptr<KeyReader>> start(std::vector<std::string> files, uid_t reader);
  ~KeyReader();

  // A copy of the file as it is now.  kPermission: not one of those named at the start; kNotFound,
  // kIo, kLimit (larger than kMaxOctets); kClosed: the process is gone.
  Result<UniqueFd> read(const std::string& file);

 private:
  KeyReader(UniqueFd channel, pid_t pid) : channel_(std::move(channel)), pid_(pid) {}

  std::mutex mutex_;  // one question at a time
  UniqueFd channel_;
  pid_t pid_;
};

}  // namespace postern::engine
