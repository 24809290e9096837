#include "core/delivery/dsn/dsn_composer.h"

#include <sys/random.h>

#include <algorithm>

#include "core/delivery/dsn/delivery_status.h"
#include "core/delivery/dsn/dsn_text.h"
#include "core/delivery/dsn/explanation.h"

namespace postern::delivery {
namespace {

// 128 random bits: nobody who writes a reply or a message can know the boundary beforehand.  The
// caller still looks for it in the parts.
std::string new_boundary(QueueId id) {
  std::uint64_t bits[2] = {};
  if (::getrandom(bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) bits[0] = id.value();
  return fmt::format("report-{}-{:016x}{:016x}", id.to_string(), bits[0], bits[1]);
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

struct Parts {
  std::string explanation;
  std::string status;
  ReturnedMessage original;
};

std::string unused_boundary(QueueId id, const Parts& parts) {
  while (true) {
    auto boundary = new_boundary(id);
    const auto used = [&](const std::string& text) { return text.contains(boundary); };
    if (!used(parts.explanation) && !used(parts.status) && !used(parts.original.octets))
      return boundary;
  }
}

void append_part(std::string& out, const std::string& boundary, std::string_view type,
                 std::string_view description, const std::string& body) {
  out.append("--").append(boundary).append("\r\n");
  append_field(out, "Content-Description", description);
  out.append("Content-Type: ").append(type).append("\r\n");
  if (!is_ascii(body)) out.append("Content-Transfer-Encoding: 8bit\r\n");
  out.append("\r\n").append(body).append("\r\n");
}

}  // namespace

// One message to be written.
struct DsnComposer::Letter {
  const DsnRequest& request;
  std::span<const DsnRecipient> recipients;
  DsnKind kind;
  Notification::Purpose purpose;
  mail::ReversePath from;
  mail::Mailbox to;
};

mail::Mailbox DsnComposer::local_mailbox(std::string_view address) const {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return {std::string(address), options_.origin};
  return {std::string(address.substr(0, at)), std::string(address.substr(at + 1))};
}

bool DsnComposer::is_own_double_bounce(const mail::ReversePath& path) const {
  return path && *path == local_mailbox(options_.double_bounce_sender);
}

Result<Notification> DsnComposer::write(const Letter& letter) const {
  const auto& request = letter.request;
  const auto& source = *request.envelope;
  const bool to_sender = letter.purpose == Notification::Purpose::kDsn;
  // Success needs no copy of what was sent (RFC 3461 s6.2 asks for headers at least).
  const bool headers_only =
      source.ret == mail::DsnReturn::kHeaders || !to_sender || letter.kind != DsnKind::kFailure;
  auto original = returned_message(request, options_.bounce_size_limit, headers_only);
  if (!original) return std::unexpected(original.error());
  const bool utf8 = source.smtputf8;
  Parts parts{
      explanation({options_, request, letter.recipients, letter.kind, letter.purpose, utf8}),
      delivery_status(options_, request, letter.recipients, utf8), std::move(*original)};
  const auto boundary = unused_boundary(request.id, parts);
  const bool eight_bit =
      parts.original.is_eight_bit || !is_ascii(parts.status) || !is_ascii(parts.explanation);

  std::string out;
  const auto to = one_line(letter.to.to_wire(), 1000, utf8);
  append_field(out, "Date", rfc5322_date(std::chrono::system_clock::to_time_t(request.now)));
  append_field(out, "From", "Mail Delivery System <MAILER-DAEMON@" + options_.hostname + ">");
  append_field(out, "Subject", subject(letter.kind, letter.purpose));
  append_field(out, "To", "<" + to + ">");
  append_field(out, "Message-ID", fmt::format("<{}@{}>", boundary, options_.hostname));
  append_field(out, "Auto-Submitted", to_sender ? "auto-replied" : "auto-generated");
  append_field(out, "MIME-Version", "1.0");
  out += "Content-Type: multipart/report; report-type=";
  out += utf8 ? "global-delivery-status" : "delivery-status";
  out += ";\r\n boundary=\"" + boundary + "\"\r\n";
  if (eight_bit) out += "Content-Transfer-Encoding: 8bit\r\n";
  out += "\r\nThis is a MIME-encapsulated delivery report.\r\n\r\n";
  append_part(out, boundary, utf8 ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii",
              "Explanation", parts.explanation);
  append_part(out, boundary, utf8 ? "message/global-delivery-status" : "message/delivery-status",
              "Delivery report", parts.status);
  const std::string_view type = parts.original.is_full
                                    ? (utf8 ? "message/global" : "message/rfc822")
                                    : (utf8 ? "message/global-headers" : "text/rfc822-headers");
  append_part(out, boundary, type,
              parts.original.is_full ? "Original message" : "Header fields of the original message",
              parts.original.octets);
  out.append("--").append(boundary).append("--\r\n");

  Notification done;
  done.purpose = letter.purpose;
  done.kind = letter.kind;
  done.content = std::move(out);
  done.envelope.reverse_path = letter.from;
  done.envelope.recipients.push_back({letter.to, {}, {}, mail::DsnNotify::kNever});
  done.envelope.body = eight_bit ? mail::BodyType::kEightBitMime : mail::BodyType::kSevenBit;
  done.envelope.smtputf8 = utf8 && (eight_bit || !letter.to.is_ascii());
  done.envelope.origin = mail::Origin::kNotification;
  done.envelope.arrival = request.now;
  return done;
}

Result<void> DsnComposer::compose_kind(const DsnRequest& request, DsnKind kind,
                                       std::vector<Notification>& out) const {
  using Purpose = Notification::Purpose;
  const auto& path = request.envelope->reverse_path;
  if (is_own_double_bounce(path)) return {};
  std::vector<DsnRecipient> all;
  std::vector<DsnRecipient> wanted;
  for (const auto& each : request.recipients) {
    if (kind_of(each.action) != kind) continue;
    all.push_back(each);
    if (path && is_dsn_wanted(each.recipient.notify, each.action)) wanted.push_back(each);
  }
  const mail::ReversePath double_bounce = local_mailbox(options_.double_bounce_sender);
  const auto write_all = [&](const std::vector<DsnRecipient>& which, Purpose purpose,
                             const mail::ReversePath& from,
                             const mail::Mailbox& to) -> Result<void> {
    const std::size_t step = std::max<std::size_t>(options_.recipient_limit, 1);
    for (std::size_t at = 0; at < which.size(); at += step) {
      const auto part = std::span(which).subspan(at, std::min(step, which.size() - at));
      auto letter = write({request, part, kind, purpose, from, to});
      if (!letter) return std::unexpected(letter.error());
      out.push_back(std::move(*letter));
    }
    return {};
  };
  if (path)
    if (auto ok = write_all(wanted, Purpose::kDsn, std::nullopt, *path); !ok) return ok;
  if (kind == DsnKind::kFailure && !path && options_.notify.double_bounce)
    return write_all(all, Purpose::kDoubleBounce, double_bounce,
                     local_mailbox(options_.second_bounce_recipient));
  if (kind == DsnKind::kFailure && path && options_.notify.bounce)
    return write_all(all, Purpose::kPostmasterCopy, double_bounce,
                     local_mailbox(options_.bounce_notice_recipient));
  if (kind == DsnKind::kDelay && options_.notify.delay)
    return write_all(all, Purpose::kPostmasterCopy, double_bounce,
                     local_mailbox(options_.delay_notice_recipient));
  return {};
}

Result<std::vector<Notification>> DsnComposer::compose(const DsnRequest& request) const {
  std::vector<Notification> out;
  for (const auto kind : {DsnKind::kFailure, DsnKind::kDelay, DsnKind::kSuccess})
    if (auto ok = compose_kind(request, kind, out); !ok) return std::unexpected(ok.error());
  return out;
}

std::optional<Notification> DsnComposer::notice(bool enabled, std::string_view subject_text,
                                                std::string_view text, QueueId id,
                                                WallTime now) const {
  if (!enabled) return std::nullopt;
  Notification done;
  done.purpose = Notification::Purpose::kPostmasterCopy;
  const auto to = local_mailbox(options_.error_notice_recipient);
  auto& out = done.content;
  append_field(out, "Date", rfc5322_date(std::chrono::system_clock::to_time_t(now)));
  append_field(out, "From", "Mail Delivery System <MAILER-DAEMON@" + options_.hostname + ">");
  append_field(out, "To", "Postmaster <" + to.to_wire() + ">");
  append_field(out, "Subject", one_line(subject_text, 200, false));
  append_field(out, "Message-ID", fmt::format("<{}@{}>", new_boundary(id), options_.hostname));
  append_field(out, "Auto-Submitted", "auto-generated");
  out += "\r\n";
  text = text.substr(0, options_.bounce_size_limit);
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = one_line(text.substr(0, end), 900, false);
    out.append(line).append("\r\n");
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  done.envelope.reverse_path = local_mailbox(options_.double_bounce_sender);
  done.envelope.recipients.push_back({to, {}, {}, mail::DsnNotify::kNever});
  done.envelope.origin = mail::Origin::kNotification;
  done.envelope.arrival = now;
  return done;
}

}  // namespace postern::delivery
