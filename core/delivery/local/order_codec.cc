#include "core/delivery/local/order_codec.h"

#include <cstring>

namespace postern::delivery {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint32_t kMaxStrings = 4096;

// One description of each struct serves both directions: `Archive` is Encoder or Decoder.
class Encoder {
 public:
  template <typename T>
    requires std::is_integral_v<T>
  void operator()(T& value) {
    const auto wide = static_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8)
      out += static_cast<char>(wide >> shift & 0xFF);
  }
  void operator()(std::string& value) {
    auto size = static_cast<std::uint32_t>(value.size());
    (*this)(size);
    out += value;
  }
  std::string out;
};

class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  template <typename T>
    requires std::is_integral_v<T>
  void operator()(T& value) {
    if (in_.size() < 8) return reject("cut short");
    std::uint64_t wide = 0;
    for (unsigned i = 0; i < 8; ++i)
      wide |= static_cast<std::uint64_t>(static_cast<unsigned char>(in_[i])) << (8 * i);
    in_.remove_prefix(8);
    value = static_cast<T>(wide);
    if (static_cast<std::uint64_t>(value) != wide) reject("number out of range");
  }
  void operator()(std::string& value) {
    std::uint32_t size = 0;
    (*this)(size);
    if (!error.empty()) return;
    if (size > in_.size()) return reject("string longer than the packet");
    value = in_.substr(0, size);
    in_.remove_prefix(size);
    if (!allow_nul && value.contains('\0')) reject("NUL octet in a string");
  }
  void finish() {
    if (error.empty() && !in_.empty()) reject("octets after the end");
  }
  void reject(const char* why) {
    if (error.empty()) error = why;
    in_ = {};
  }
  std::string error;
  bool allow_nul = false;  // for the text of a file that was read

 private:
  std::string_view in_;
};

void strings(Encoder& archive, std::vector<std::string>& values) {
  auto count = static_cast<std::uint32_t>(values.size());
  archive(count);
  for (auto& each : values)
    archive(each);
}
void strings(Decoder& archive, std::vector<std::string>& values) {
  std::uint32_t count = 0;
  archive(count);
  if (count > kMaxStrings) return archive.reject("too many strings");
  for (std::uint32_t i = 0; i < count && archive.error.empty(); ++i)
    archive(values.emplace_back());
}

template <typename Archive, typename Enum>
void enumeration(Archive& archive, Enum& value, std::uint8_t largest) {
  auto number = static_cast<std::uint8_t>(value);
  archive(number);
  if constexpr (std::is_same_v<Archive, Decoder>) {
    if (number > largest) return archive.reject("unknown enumerator");
    value = static_cast<Enum>(number);
  }
}

template <typename Archive>
void describe(Archive& a, Identity& identity) {
  a(identity.uid), a(identity.gid);
}
template <typename Archive>
void describe(Archive& a, MailboxOrder& o) {
  describe(a, o.owner);
  a(o.base), a(o.path);
  enumeration(a, o.form, 1);
  a(o.prologue), a(o.reverse_path), a(o.arrival), a(o.size_limit), a(o.quota), a(o.host);
  a(o.use_dotlock), a(o.use_fcntl_lock), a(o.lock_attempts), a(o.lock_delay_ms);
  a(o.stale_lock_seconds);
}
template <typename Archive>
void describe(Archive& a, StreamForm& f) {
  a(f.prologue), a(f.line_end), a(f.quote_from), a(f.stuff_dots), a(f.end_blank_line);
  a(f.drop_return_path);
}
template <typename Archive>
void describe(Archive& a, CommandOrder& o) {
  describe(a, o.owner);
  strings(a, o.argv);
  strings(a, o.environment);
  a(o.directory);
  describe(a, o.form);
  a(o.time_limit_seconds), a(o.size_limit);
}
template <typename Archive>
void describe(Archive& a, ReadOrder& o) {
  describe(a, o.owner);
  a(o.path), a(o.size_limit), a(o.reject_shared_writable);
}
template <typename Archive>
void describe(Archive& a, OrderResult& r) {
  enumeration(a, r.outcome.outcome, static_cast<std::uint8_t>(mail::Outcome::kFailed));
  a(r.outcome.status), a(r.outcome.diagnostic), a(r.outcome.remedy), a(r.text), a(r.is_missing);
}

}  // namespace

Result<std::string> encode_order(const Order& order) {
  Encoder encoder;
  auto version = kVersion;
  auto kind = static_cast<std::uint8_t>(order.index());
  encoder(version);
  encoder(kind);
  auto copy = order;
  std::visit([&](auto& each) { describe(encoder, each); }, copy);
  if (encoder.out.size() > kMaxOrderOctets)
    return fail(ErrorKind::kLimit, "delivery order of {} octets, at most {} can be sent",
                encoder.out.size(), kMaxOrderOctets);
  return std::move(encoder.out);
}

Result<Order> decode_order(std::string_view packet) {
  if (packet.size() > kMaxOrderOctets) return fail(ErrorKind::kInvalid, "order too large");
  Decoder decoder(packet);
  std::uint8_t version = 0;
  std::uint8_t kind = 0;
  decoder(version);
  decoder(kind);
  Order order;
  if (version != kVersion || kind > 2) return fail(ErrorKind::kInvalid, "unknown order");
  if (kind == 1) order = CommandOrder();
  if (kind == 2) order = ReadOrder();
  std::visit([&](auto& each) { describe(decoder, each); }, order);
  decoder.finish();
  if (!decoder.error.empty()) return fail(ErrorKind::kInvalid, "bad order: {}", decoder.error);
  return order;
}

std::string encode_result(const OrderResult& result) {
  Encoder encoder;
  auto copy = result;
  describe(encoder, copy);
  return std::move(encoder.out);
}

Result<OrderResult> decode_result(std::string_view octets) {
  Decoder decoder(octets);
  decoder.allow_nul = true;
  OrderResult result;
  describe(decoder, result);
  decoder.finish();
  if (!decoder.error.empty()) return fail(ErrorKind::kInvalid, "bad result: {}", decoder.error);
  return result;
}

}  // namespace postern::delivery
