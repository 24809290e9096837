// Where readers of mail data put octets.  The views are valid during the call only.
// Not thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace postern::smtp {

class OctetSink {
 public:
  virtual ~OctetSink() = default;
  virtual void write(std::string_view octets) = 0;
};

class StringSink final : public OctetSink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  void write(std::string_view octets) override { out_ += octets; }

 private:
  std::string& out_;
};

}  // namespace postern::smtp
