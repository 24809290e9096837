#include "core/delivery/local/pipe_service.h"

#include <charconv>
#include <set>

#include "core/mail/mailbox.h"

namespace postern::delivery {
namespace {

const std::set<std::string, std::less<>> kPerRecipient = {
    "recipient", "user", "extension", "mailbox", "domain", "original_recipient"};

using Macros = std::map<std::string, std::string, std::less<>>;

std::string quoted(const mail::Mailbox& address, bool quote) {
  return quote ? address.to_wire() : address.to_lookup_key();
}

mail::Mailbox folded(const mail::Mailbox& address, const PipeService& service) {
  auto local =
      service.has_flag('u') ? mail::to_lower_ascii(address.local_part()) : address.local_part();
  auto domain = service.has_flag('h') ? mail::to_lower_ascii(address.domain()) : address.domain();
  return {std::move(local), std::move(domain)};
}

Macros message_macros(const PipeService& service, const PipeDelivery& delivery) {
  const auto& envelope = *delivery.attempt.envelope;
  const auto& client = envelope.client;
  std::string sender = service.null_sender;
  if (envelope.reverse_path) sender = quoted(*envelope.reverse_path, service.has_flag('q'));
  const auto& hop = delivery.attempt.route.next_hop;
  return {{"sender", sender},
          {"nexthop", service.has_flag('h') ? mail::to_lower_ascii(hop) : hop},
          {"queue_id", delivery.attempt.id.to_string()},
          {"size", std::to_string(delivery.attempt.content->size())},
          {"envid", envelope.envid},
          {"client_address", client.address},
          {"client_hostname", client.name},
          {"client_helo", client.helo},
          {"client_port", std::to_string(client.port)},
          {"client_protocol", client.protocol},
          {"sasl_method", client.sasl_method},
          {"sasl_sender", ""},
          {"sasl_username", client.sasl_username}};
}

void add_recipient(Macros& macros, const PipeService& service, const PipeDelivery& delivery,
                   const mail::Recipient& recipient) {
  const auto address = folded(recipient.forward_path, service);
  const auto name = split_local_part(address.local_part(), delivery.recipient_delimiter);
  const bool quote = service.has_flag('q');
  macros["recipient"] = quoted(address, quote);
  macros["mailbox"] =
      quote ? mail::Mailbox(address.local_part(), "").to_wire() : address.local_part();
  macros["user"] = quote ? mail::Mailbox(name.user, "").to_wire() : name.user;
  macros["extension"] = name.extension;
  macros["domain"] = address.domain();
  macros["original_recipient"] = recipient.original_recipient;
}

// One element with its macros replaced.  The result is never looked at again for macros.
Result<std::string> expand(std::string_view element, const Macros& macros, bool allow_minus,
                           bool* uses_recipient) {
  std::string out;
  for (std::size_t at = 0; at < element.size();) {
    const bool braced = element.substr(at).starts_with("${");
    if (element[at] != '$') {
      out += element[at++];
      continue;
    }
    if (element.substr(at).starts_with("$$")) {
      out += '$';
      at += 2;
      continue;
    }
    const auto start = at + (braced ? 2 : 1);
    const auto end = braced
                         ? element.find('}', start)
                         : std::min(element.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", start),
                                    element.size());
    if (end == std::string_view::npos)
      return fail(ErrorKind::kNotFound, "unclosed ${{ in argv= element \"{}\"", element);
    const auto found = macros.find(element.substr(start, end - start));
    const bool per_recipient = kPerRecipient.contains(element.substr(start, end - start));
    if (found == macros.end() && !per_recipient)
      return fail(ErrorKind::kNotFound, "unknown macro in argv= element \"{}\"", element);
    if (uses_recipient != nullptr && per_recipient) *uses_recipient = true;
    if (found != macros.end()) {
      if (out.empty() && !allow_minus && found->second.starts_with('-'))
        return fail(ErrorKind::kInvalid, "bad address syntax: \"{}\" begins with '-'",
                    found->second);
      out += found->second;
    }
    at = end + (braced ? 1 : 0);
  }
  return out;
}

Result<void> set_attribute(PipeService& service, std::string_view name, std::string value) {
  if (name == "user") {
    service.user = std::move(value);
  } else if (name == "directory") {
    service.directory = std::move(value);
  } else if (name == "null_sender") {
    service.null_sender = std::move(value);
  } else if (name == "eol") {
    service.line_end.clear();
    for (std::size_t i = 0; i < value.size(); ++i) {
      const bool escape = value[i] == '\\' && i + 1 < value.size();
      const char c = escape ? value[++i] : value[i];
      service.line_end += escape && c == 'n' ? '\n' : escape && c == 'r' ? '\r' : c;
    }
  } else if (name == "size") {
    const auto* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, service.size_limit);
    if (error != std::errc() || stop != end)
      return fail(ErrorKind::kInvalid, "service {}: size={} is no number", service.name, value);
  } else if (name == "flags") {
    if (value.find_first_not_of("BDFORXhqu.>") != std::string::npos)
      return fail(ErrorKind::kInvalid, "service {}: unknown letter in flags={}", service.name,
                  value);
    service.flags = std::move(value);
  } else if (name != "chroot") {
    return fail(ErrorKind::kInvalid, "service {}: unknown attribute \"{}\"", service.name, name);
  } else {
    return fail(ErrorKind::kInvalid, "service {}: chroot= is not supported", service.name);
  }
  return {};
}

}  // namespace

Result<PipeService> PipeService::parse(std::string name, std::span<const std::string> words) {
  PipeService service;
  service.name = std::move(name);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    if (equals == std::string::npos)
      return fail(ErrorKind::kInvalid, "service {}: \"{}\" is no attribute=value", service.name,
                  words[i]);
    const auto key = words[i].substr(0, equals);
    auto value = words[i].substr(equals + 1);
    if (key == "argv") {
      service.argv.push_back(std::move(value));
      service.argv.insert(service.argv.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                          words.end());
      break;
    }
    if (auto ok = set_attribute(service, key, std::move(value)); !ok)
      return std::unexpected(ok.error());
  }
  if (service.argv.empty() || service.argv.front().empty())
    return fail(ErrorKind::kInvalid, "service {}: argv= is missing", service.name);
  if (service.user.empty())
    return fail(ErrorKind::kInvalid, "service {}: user= is missing", service.name);
  return service;
}

Result<std::vector<std::string>> expand_arguments(const PipeService& service,
                                                  const PipeDelivery& delivery) {
  std::vector<std::string> out;
  const auto common = message_macros(service, delivery);
  for (const auto& element : service.argv) {
    bool per_recipient = false;
    auto once = expand(element, common, delivery.allow_min_user, &per_recipient);
    if (!once) return std::unexpected(once.error());
    if (!per_recipient) {
      out.push_back(std::move(*once));
      continue;
    }
    for (const auto index : delivery.recipients) {
      auto macros = common;
      add_recipient(macros, service, delivery, delivery.attempt.envelope->recipients.at(index));
      auto each = expand(element, macros, delivery.allow_min_user, nullptr);
      if (!each) return std::unexpected(each.error());
      out.push_back(std::move(*each));
    }
  }
  return out;
}

LocalName split_local_part(std::string_view local_part, std::string_view delimiters) {
  const auto lower = mail::to_lower_ascii(local_part);
  const bool whole = lower.starts_with("owner-") || lower.ends_with("-request") ||
                     lower == "mailer-daemon" || lower == "double-bounce" || lower == "postmaster";
  const auto at = local_part.find_first_of(delimiters, 1);
  if (whole || delimiters.empty() || local_part.empty() || at == std::string_view::npos)
    return {std::string(local_part), {}, 0};
  return {std::string(local_part.substr(0, at)), std::string(local_part.substr(at + 1)),
          local_part[at]};
}

}  // namespace postern::delivery
