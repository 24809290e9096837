#include "core/tls/sni_contexts.h"

#include "core/base/log.h"
#include "core/tls/certificate_chain.h"
#include "core/tls/cipher_policy.h"

namespace postern::tls {

ContextHandle SniContexts::make(const std::vector<std::string>& files) const {
  auto context = make_context(TLS_server_method(), versions_, grade_);
  if (!context) return nullptr;
  std::vector<std::string> warnings;
  for (const std::string& file : files) {
    if (auto used = use_chain(context->get(), {file, file}, warnings); !used) {
      log::warning("smtpd", "tls_server_sni_maps: {}; the default certificate serves instead",
                   used.error().describe());
      return nullptr;
    }
  }
  for (const std::string& text : warnings)
    log::warning("smtpd", "tls_server_sni_maps: {}", text);
  return files.empty() ? nullptr : std::move(*context);
}

ContextHandle SniContexts::get(const std::vector<std::string>& files) {
  const std::lock_guard lock(mutex_);
  auto found = by_files_.find(files);
  if (found == by_files_.end()) {
    if (by_files_.size() >= max_kept_) by_files_.clear();
    found = by_files_.emplace(files, make(files)).first;
  }
  SSL_CTX* const context = found->second.get();
  if (context != nullptr) SSL_CTX_up_ref(context);
  return ContextHandle(context);
}

std::size_t SniContexts::size() const {
  const std::lock_guard lock(mutex_);
  return by_files_.size();
}

}  // namespace postern::tls
