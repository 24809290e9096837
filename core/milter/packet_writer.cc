#include "core/milter/packet_writer.h"

#include <algorithm>

namespace postern::milter {
namespace {

void append_word(std::string& out, std::uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(word >> shift & 0xFFu);
}

}  // namespace

class PacketWriter::Packet {
 public:
  Packet(PacketWriter& writer, Command command) : writer_(writer), start_(writer.buffer_.size()) {
    writer.buffer_.append(kLengthOctets, '\0');
    writer.buffer_ += static_cast<char>(command);
  }
  ~Packet() {
    auto length = static_cast<std::uint32_t>(writer_.buffer_.size() - start_ - kLengthOctets);
    for (std::size_t i = kLengthOctets; i-- > 0; length >>= 8)
      writer_.buffer_[start_ + i] = static_cast<char>(length & 0xFFu);
  }
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;

  void octet(char value) { writer_.buffer_ += value; }
  void word(std::uint32_t value) { append_word(writer_.buffer_, value); }
  void octets(std::string_view data) { writer_.buffer_ += data; }
  // `reserve`: octets that must remain for what follows in this packet.
  void text(std::string_view value, std::size_t reserve = 0) {
    const std::size_t room = free() > reserve + 1 ? free() - reserve - 1 : 0;
    if (value.size() > room) {
      value = value.substr(0, room);
      ++writer_.cut_texts_;
    }
    const std::size_t from = writer_.buffer_.size();
    writer_.buffer_ += value;
    std::replace(writer_.buffer_.begin() + static_cast<std::ptrdiff_t>(from), writer_.buffer_.end(),
                 '\0', '?');
    writer_.buffer_ += '\0';
  }
  bool fits(std::size_t octets) const { return free() >= octets; }
  void drop() { ++writer_.cut_texts_; }

 private:
  std::size_t free() const {
    const std::size_t used = writer_.buffer_.size() - start_ - kLengthOctets - 1;
    return writer_.max_data_ > used ? writer_.max_data_ - used : 0;
  }

  PacketWriter& writer_;
  std::size_t start_;
};

void PacketWriter::negotiate(std::uint32_t version, Actions actions, Steps steps) {
  Packet packet(*this, Command::kNegotiate);
  packet.word(version);
  packet.word(actions.word());
  packet.word(steps.word());
}

void PacketWriter::macros(Command command, std::span<const MacroValue> values) {
  Packet packet(*this, Command::kMacro);
  packet.octet(static_cast<char>(command));
  for (const MacroValue& macro : values) {
    // Half a macro would be a wrong value, and a name without one shifts all others.
    if (!packet.fits(macro.name.size() + macro.value.size() + 2)) {
      packet.drop();
      continue;
    }
    packet.text(macro.name);
    packet.text(macro.value);
  }
}

void PacketWriter::connect(std::string_view host, Family family, std::uint16_t port,
                           std::string_view address) {
  Packet packet(*this, Command::kConnect);
  packet.text(host, 1024);
  packet.octet(static_cast<char>(family));
  if (family == Family::kUnknown) return;
  packet.octet(static_cast<char>(port >> 8));
  packet.octet(static_cast<char>(port & 0xFF));
  packet.text(address);
}

void PacketWriter::helo(std::string_view name) { Packet(*this, Command::kHelo).text(name); }

void PacketWriter::mail(std::string_view path, std::span<const std::string> parameters) {
  path_and_parameters(Command::kMail, path, parameters);
}

void PacketWriter::rcpt(std::string_view path, std::span<const std::string> parameters) {
  path_and_parameters(Command::kRcpt, path, parameters);
}

void PacketWriter::path_and_parameters(Command command, std::string_view path,
                                       std::span<const std::string> parameters) {
  Packet packet(*this, command);
  packet.text(path);
  for (const std::string& parameter : parameters) {
    // A parameter that is cut would say something else.
    if (packet.fits(parameter.size() + 1))
      packet.text(parameter);
    else
      packet.drop();
  }
}

void PacketWriter::data() { simple(Command::kData); }

void PacketWriter::unknown(std::string_view line) { Packet(*this, Command::kUnknown).text(line); }

void PacketWriter::header(std::string_view name, std::string_view value) {
  if (!keeps_leading_space_ && value.starts_with(' ')) value.remove_prefix(1);
  Packet packet(*this, Command::kHeader);
  packet.text(name, 1);
  if (value.find('\r') == std::string_view::npos) return packet.text(value);
  std::string with_lf;
  with_lf.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i)
    if (value[i] != '\r' || i + 1 == value.size() || value[i + 1] != '\n') with_lf += value[i];
  packet.text(with_lf);
}

void PacketWriter::end_of_headers() { simple(Command::kEndOfHeaders); }

std::size_t PacketWriter::body(std::string_view octets) {
  std::size_t packets = 0;
  for (; !octets.empty(); ++packets) {
    const std::string_view chunk = octets.substr(0, max_data_);
    Packet(*this, Command::kBody).octets(chunk);
    octets.remove_prefix(chunk.size());
  }
  return packets;
}

void PacketWriter::end_of_message() { simple(Command::kEndOfBody); }
void PacketWriter::abort() { simple(Command::kAbort); }
void PacketWriter::quit() { simple(Command::kQuit); }
void PacketWriter::quit_new_connection() { simple(Command::kQuitNewConnection); }

void PacketWriter::simple(Command command) { Packet packet(*this, command); }

}  // namespace postern::milter
