#include "core/mime/trace_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/mime/date.h"

namespace postern::mime {
namespace {

constexpr std::size_t kMaxShown = 512;

// One line, no controls.  In comments a parenthesis or backslash of the peer's is neutralised, so
// it cannot close the comment and forge the clauses behind it.
std::string shown(std::string_view text, bool in_comment = false) {
  std::string out(text.substr(0, kMaxShown));
  for (char& c : out) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7F) c = '?';
    if (in_comment && (c == '(' || c == ')' || c == '\\')) c = '?';
  }
  return out;
}

std::string date_of(WallTime time, const TraceOptions& options) {
  return options.use_utc ? format_date(time, {}, "UTC") : format_local_date(time);
}

std::string address_shown(std::string_view address) {
  const bool v6 = address.find(':') != std::string_view::npos && !address.starts_with("IPv6:");
  return (v6 ? "IPv6:" : "") + shown(address, true);
}

// A phrase for From: quoted unless it is atoms and spaces.
std::string phrase(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' ||
           c == '-' || c == '_' || c >= 0x80;
  });
  if (plain) return std::string(name);
  std::string out = "\"";
  for (const char c : shown(name)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string received_field(const mail::Envelope& envelope, QueueId id,
                           const TraceOptions& options) {
  const mail::ClientInfo& client = envelope.client;
  std::string out = fmt::format("Received: from {} ({} [{}])\r\n",
                                client.helo.empty() ? "unknown" : shown(client.helo),
                                shown(client.name, true), address_shown(client.address));
  // The parentheses inside, "(256/256 bits)", are ours: they are balanced.
  if (options.show_tls && !client.tls.empty())
    out += fmt::format("\t(using {})\r\n", shown(client.tls));
  if (options.show_authenticated && !client.sasl_username.empty())
    out += fmt::format("\t(Authenticated sender: {})\r\n", shown(client.sasl_username, true));
  out += fmt::format("\tby {} ({}) with {} id {}", options.hostname, options.mail_name,
                     client.protocol.empty() ? "SMTP" : shown(client.protocol), id.to_string());
  if (envelope.recipients.size() == 1)
    out += fmt::format("\r\n\tfor <{}>", shown(envelope.recipients[0].forward_path.to_wire()));
  return out + "; " + date_of(envelope.arrival, options) + "\r\n";
}

std::string received_field_local(unsigned uid, QueueId id, WallTime time,
                                 const TraceOptions& options) {
  return fmt::format("Received: by {} ({}, from userid {})\r\n\tid {}; {}\r\n", options.hostname,
                     options.mail_name, uid, id.to_string(), date_of(time, options));
}

std::string return_path_field(const mail::ReversePath& reverse_path) {
  return fmt::format("Return-Path: <{}>\r\n", shown(to_wire(reverse_path)));
}

std::string delivered_to_field(const mail::Mailbox& mailbox) {
  return fmt::format("Delivered-To: {}\r\n", shown(mailbox.to_wire()));
}

std::string x_original_to_field(std::string_view original_recipient) {
  return fmt::format("X-Original-To: {}\r\n", shown(original_recipient));
}

std::string missing_fields(const HeaderSection& section, const mail::ReversePath& reverse_path,
                           std::string_view author_name, QueueId id, WallTime time,
                           const TraceOptions& options) {
  const bool is_resent = std::ranges::any_of(section.fields(), [](const HeaderField& field) {
    return mail::equals_ignoring_ascii_case(field.name.substr(0, 7), "Resent-");
  });
  const std::string prefix = is_resent ? "Resent-" : "";
  std::string out;
  if (section.find(prefix + "Date") == nullptr)
    out += prefix + "Date: " + date_of(time, options) + "\r\n";
  if (section.find(prefix + "Message-ID") == nullptr) {
    const auto stamp = std::chrono::floor<std::chrono::seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(stamp);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(stamp - day);
    out += fmt::format("{}Message-ID: <{:04}{:02}{:02}{:02}{:02}{:02}.{}@{}>\r\n", prefix,
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), id.to_string(),
                       options.hostname);
  }
  if (section.find(prefix + "From") == nullptr) {
    const std::string address =
        reverse_path ? shown(reverse_path->to_wire()) : "MAILER-DAEMON@" + options.hostname;
    out += prefix + "From: " +
           (author_name.empty() ? address : fmt::format("{} <{}>", phrase(author_name), address)) +
           "\r\n";
  }
  return out;
}

}  // namespace postern::mime
