// Content-Type and Content-Transfer-Encoding, as far as a relay needs them.
// RFC 2045 s5 and s6.  Pure; linear; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace postern::mime {

struct ContentType {
  std::string type = "text";  // lower case
  std::string subtype = "plain";
  std::string boundary;  // as given, quotes undone; "" where there is none
  bool is_valid = true;  // false: no type/subtype could be read; the fields keep their defaults

  bool is_multipart() const { return type == "multipart"; }
  // A type whose body is a message of its own.
  bool is_message() const {
    return type == "message" && (subtype == "rfc822" || subtype == "global");
  }
};

enum class TransferEncoding { kSevenBit, kEightBit, kBinary, kQuotedPrintable, kBase64, kOther };

// `value`: behind the colon, folds allowed.
ContentType parse_content_type(std::string_view value);
TransferEncoding parse_transfer_encoding(std::string_view value);

}  // namespace postern::mime
