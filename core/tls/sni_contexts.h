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
  // `max_kept`: sets of files; one more empties the cache.
  SniContexts(VersionRange versions, CipherGrade grade, std::size_t max_kept = 1000)
      : versions_(versions), grade_(grade), max_kept_(max_kept) {}

  // The context with the chains in `files`, each of key and certificates; a share of it, or nullptr
  // where the files are of no use.  That is logged once and not tried again until a reload, so that
  // clients cannot fill the log.  Blocks at the first use.
  ContextHandle get(const std::vector<std::string>& files);
  std::size_t size() const;

 private:
  ContextHandle make(const std::vector<std::string>& files) const;

  const VersionRange versions_;
  const CipherGrade grade_;
  const std::size_t max_kept_;
  mutable std::mutex mutex_;
  std::map<std::vector<std::string>, ContextHandle> by_files_;
};

}  // namespace postern::tls
