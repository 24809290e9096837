// PacketWriter: what the MTA tells a filter, as packets appended to one buffer; a phase that is not
// answered costs no write of its own, because the next one's packets follow in the same buffer.
// No packet's data is longer than max_data_octets, which is what the filter can take: libmilter
// drops the session otherwise.  Bodies are cut into several packets; text that is too long (a
// header value, a parameter) loses its end, and counts in cut_texts(), because half a field is
// worth more to a filter than no session.  A NUL in text would end it early and forge the next one:
// it becomes '?'. Pure; one connection each; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/milter/protocol.h"

namespace postern::milter {

// A macro and its value: {"i", "4bN..."}, {"{auth_type}", "PLAIN"}.
struct MacroValue {
  std::string name;
  std::string value;
  bool operator==(const MacroValue&) const = default;
};

class PacketWriter {
 public:
  explicit PacketWriter(std::size_t max_data_octets = kMaxData64K) : max_data_(max_data_octets) {}
  // As negotiated.
  void set_max_data(std::size_t max_data_octets) { max_data_ = max_data_octets; }
  // The filter negotiated HDR_LEADSPC: header() leaves the value as it is.
  void set_keeps_leading_space(bool keeps) { keeps_leading_space_ = keeps; }

  // Grows until the owner takes it away: std::exchange(writer.buffer(), {}) or clear().
  std::string& buffer() { return buffer_; }
  std::size_t cut_texts() const { return cut_texts_; }

  void negotiate(std::uint32_t version, Actions actions, Steps steps);
  // Goes before the command that the macros belong to.  Written also where none is defined, as
  // Postfix does: it takes away what an earlier command of that kind left.  Not to be called where
  // the list of names is empty.
  void macros(Command command, std::span<const MacroValue> values);

  // `address`: without brackets and without "IPv6:"; a path with kUnix; unused with kUnknown.
  void connect(std::string_view host, Family family, std::uint16_t port, std::string_view address);
  void helo(std::string_view name);
  // `path`: with angle brackets, "<>" the null reverse-path.  `parameters`: "SIZE=100", "SMTPUTF8"
  // ..., each a string of its own, as the client wrote them.
  void mail(std::string_view path, std::span<const std::string> parameters);
  void rcpt(std::string_view path, std::span<const std::string> parameters);
  void data();
  // `line`: without its CRLF.
  void unknown(std::string_view line);
  // `value`: everything behind the colon, folds as CRLF, no CRLF at the end.  Filters get LF, and
  // without HDR_LEADSPC one space (not a tab) fewer.
  void header(std::string_view name, std::string_view value);
  void end_of_headers();
  // Any length; one packet for each max_data_octets.  Returns the number of packets, each of which
  // the filter answers, unless it negotiated otherwise.
  std::size_t body(std::string_view octets);
  // Without data: another library than libmilter ignores it here.
  void end_of_message();
  void abort();
  void quit();
  void quit_new_connection();

 private:
  // Writes the length once the data is known.
  class Packet;
  void simple(Command command);
  void path_and_parameters(Command command, std::string_view path,
                           std::span<const std::string> parameters);

  std::string buffer_;
  std::size_t max_data_;
  std::size_t cut_texts_ = 0;
  bool keeps_leading_space_ = false;
};

}  // namespace postern::milter
