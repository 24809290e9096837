// The contexts with the certificates of tls_server_sni_maps, made at first use and kept.
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/tls/openssl_handles.h"
#include "core/tls/tls_options.h"

namespace postern::tls {

class SniContexts {
 public:
  // Sets of files that are kept; one more empties the cache.
  static constexpr std::size_t kMaxKept = 1000;

  SniContexts(VersionRange versions, CipherGrade grade) : versions_(versions), grade_(grade) {}

  // The context with the chains in `files`, each of key and certificates; a share of it, or nullptr
  // where the files are of no use.  That is logged once and not tried again until a reload, so that
  // clients cannot fill the log.  Blocks at the first use.
  ContextHandle get(const std::vector<std::string>& files);
  std::size_t size() const;

 private:
  ContextHandle make(const std::vector<std::string>& files) const;

  const VersionRange versions_;
  const CipherGrade grade_;
  mutable std::mutex mutex_;
  std::map<std::vector<std::string>, ContextHandle> by_files_;
};

}  // namespace postern::tls
