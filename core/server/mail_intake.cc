#include "core/server/mail_intake.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/mime/trace_fields.h"

namespace postern::server {
namespace {

// The budget is asked for this much at a time, so that a busy session touches it rarely.
constexpr std::uint64_t kBudgetStep = 16 * 1024;

mime::TraceOptions trace_options(const ServerOptions& options) {
  return {.hostname = options.identity.hostname,
          .mail_name = options.identity.mail_name,
          .show_tls = options.extensions.tls_received};
}

}  // namespace

void MailIntake::fail(RefusalReason reason, std::uint16_t code, mail::EnhancedStatus status,
                      std::string_view text) {
  if (failure_) return;
  failure_ = mail::Rejection{{code, status, text}, {}};
  failure_reason_ = reason;
  header_ = {};
}

// Counts what one message can hold in memory at a time; beyond that its octets are in a file.
bool MailIntake::charge(std::size_t octets) {
  octets_ += octets;
  const std::uint64_t resident = std::min(octets_, site_.options.limits.resident_message);
  if (resident <= memory_.amount()) return true;
  const std::uint64_t more =
      (resident - memory_.amount() + kBudgetStep - 1) / kBudgetStep * kBudgetStep;
  if (memory_.amount() == 0) {
    auto permit = site_.resources.memory.take(more);
    if (!permit) return false;
    memory_ = std::move(*permit);
    return true;
  }
  return memory_.grow(more);
}

void MailIntake::write(std::string_view octets) {
  if (failure_) return;
  if (!charge(octets.size())) {
    fail(RefusalReason::kOverload, 452, {4, 3, 1}, "Insufficient system storage");
    return;
  }
  if (tap_ != nullptr) *tap_ += octets;
  if (is_open_) {
    append(octets);
    return;
  }
  header_ += octets;
  if (header_.starts_with("\r\n")) {
    open_message(0);
    return;
  }
  const std::size_t end = header_.find("\r\n\r\n", scanned_);
  if (end != std::string::npos) {
    open_message(end + 2);
    return;
  }
  scanned_ = header_.size() < 3 ? 0 : header_.size() - 3;
  // Not a header section of any kind that we would take; what it is, the parser says.
  if (header_.size() > site_.options.limits.header_section) open_message(header_.size());
}

void MailIntake::finish() {
  if (!failure_ && !is_open_) open_message(header_.size());
}

// header_ holds the whole header section in its first `header_octets`, and perhaps more.
void MailIntake::open_message(std::size_t header_octets) {
  is_open_ = true;
  const LimitOptions& limits = site_.options.limits;
  const std::string_view head = std::string_view(header_).substr(0, header_octets);
  // A field that is too long for us is cut below, so the parser is to list it.
  const auto section = mime::HeaderSection::parse(head, {.max_field_octets = limits.header_section,
                                                         .max_fields = limits.header_fields,
                                                         .max_octets = limits.header_section});
  if (section.fault() != mime::HeaderFault::kNone || section.size() > limits.header_section)
    return fail(RefusalReason::kContent, 552, {5, 3, 4}, "Error: header section too large");
  if (mime::received_hops(section) > limits.hops)
    return fail(RefusalReason::kContent, 554, {5, 4, 6}, "Error: too many hops");
  const QueueId id = message_.id();
  const mime::TraceOptions trace = trace_options(site_.options);
  std::string front = mime::received_field(envelope_, id, trace);
  const std::size_t received_octets = front.size();
  if (add_missing_)
    front +=
        mime::missing_fields(section, envelope_.reverse_path, "", id, envelope_.arrival, trace);
  log_message_id(section, std::string_view(front).substr(received_octets));
  // A message that begins with text, or with a continuation line, has no header section; without an
  // empty line before it, that text would follow our fields and be taken for part of them.
  if (section.size() == 0 && !header_.starts_with("\r\n")) front += "\r\n";
  append(front);
  const bool has_long_field = std::ranges::any_of(
      section.fields(),
      [&](const mime::HeaderField& field) { return field.raw.size() > limits.header_size; });
  if (has_long_field) {
    append(cut_long_fields(section));
    append(std::string_view(header_).substr(section.size()));
  } else {
    append(header_);
  }
  header_ = {};
}

// header_size_limit: what is beyond is cut off, at a fold where there is one.
std::string MailIntake::cut_long_fields(const mime::HeaderSection& section) const {
  const std::size_t limit = site_.options.limits.header_size;
  std::string out;
  for (const mime::HeaderField& field : section.fields()) {
    if (field.raw.size() <= limit) {
      out += field.raw;
      continue;
    }
    std::string_view kept = field.raw.substr(0, limit - 2);
    if (const std::size_t fold = kept.rfind("\r\n"); fold != std::string_view::npos)
      kept = kept.substr(0, fold);
    out += kept;
    out += "\r\n";
  }
  return out;
}

void MailIntake::log_message_id(const mime::HeaderSection& section, std::string_view added) const {
  std::string value;
  if (const mime::HeaderField* field = section.find("Message-ID")) {
    value = mime::unfold(field->value);
  } else {
    constexpr std::string_view kName = "Message-ID: ";
    if (const std::size_t at = added.find(kName); at != std::string_view::npos) {
      const std::string_view rest = added.substr(at + kName.size());
      value = rest.substr(0, rest.find("\r\n"));
    }
  }
  constexpr std::size_t kMaxShown = 250;
  if (value.size() > kMaxShown) value.resize(kMaxShown);
  if (value.empty()) value = "<>";
  log::info(site_.options.identity.cleanup_service, "{}: message-id={}", message_.id().to_string(),
            value);
}

void MailIntake::append(std::string_view octets) {
  if (failure_ || octets.empty()) return;
  auto appended = message_.append(octets);
  if (appended) return;
  failure_ = std::move(appended.error());
  failure_reason_ = RefusalReason::kStorage;
}

}  // namespace postern::server
