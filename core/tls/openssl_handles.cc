#include "core/tls/openssl_handles.h"

#include <openssl/err.h>

namespace postern::tls {

std::string openssl_reason() {
  // The oldest is the cause; those after it are the callers who passed it on.
  const char* data = nullptr;
  int flags = 0;
  const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags);
  if (code == 0) return "unknown TLS error";
  std::string text;
  if (const char* const reason = ERR_reason_error_string(code); reason != nullptr) {
    text = reason;
  } else {
    char buffer[256];
    ERR_error_string_n(code, buffer, sizeof buffer);
    text = buffer;
  }
  if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0')
    text.append(" (").append(data).append(")");
  ERR_clear_error();
  return text;
}

}  // namespace postern::tls
