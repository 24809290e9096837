#include "core/smtp/client_commands.h"

#include <fmt/format.h>

#include "core/smtp/dsn_parameters.h"
#include "core/smtp/xtext.h"

namespace postern::smtp {

std::string mail_line(const mail::Envelope& envelope, const OutgoingMessage& message,
                      const Capabilities& peer) {
  std::string out = fmt::format("MAIL FROM:<{}>", to_wire(envelope.reverse_path));
  if (peer.size && message.size != 0) out += fmt::format(" SIZE={}", message.size);
  if (message.body == mail::BodyType::kEightBitMime && peer.eight_bit_mime) out += " BODY=8BITMIME";
  if (message.body == mail::BodyType::kBinaryMime && peer.binary_mime) out += " BODY=BINARYMIME";
  if (message.needs_smtputf8 && peer.smtputf8) out += " SMTPUTF8";
  if (peer.dsn) {
    if (const auto ret = ret_to_wire(envelope.ret); !ret.empty())
      out += fmt::format(" RET={}", ret);
    if (!envelope.envid.empty()) out += " ENVID=" + encode_xtext(envelope.envid);
  }
  return out + "\r\n";
}

std::string rcpt_line(const mail::Recipient& recipient, const Capabilities& peer) {
  std::string out = fmt::format("RCPT TO:<{}>", recipient.forward_path.to_wire());
  if (peer.dsn) {
    if (const std::string notify = notify_to_wire(recipient.notify); !notify.empty())
      out += " NOTIFY=" + notify;
    if (const std::string orcpt = orcpt_to_wire(recipient.orcpt); !orcpt.empty())
      out += " ORCPT=" + orcpt;
  }
  return out + "\r\n";
}

std::string bdat_line(std::uint64_t octets, bool last) {
  return fmt::format("BDAT {}{}\r\n", octets, last ? " LAST" : "");
}

}  // namespace postern::smtp
