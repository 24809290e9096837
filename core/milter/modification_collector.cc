#include "core/milter/modification_collector.h"

#include "core/milter/modification_parser.h"

namespace postern::milter {
namespace {

constexpr std::size_t kMaxIgnoredParameters = 16;

struct Needed {
  Action action;
  std::string_view what;
};

Needed needed_for(const Modify& request) {
  if (std::holds_alternative<AddHeaderRequest>(request)) return {Action::kAddHeaders, "add header"};
  if (std::holds_alternative<InsertHeaderRequest>(request))
    return {Action::kAddHeaders, "insert header"};
  if (std::holds_alternative<ChangeHeaderRequest>(request))
    return {Action::kChangeHeaders, "change header"};
  if (std::holds_alternative<ChangeReversePathRequest>(request))
    return {Action::kChangeReversePath, "change reverse-path"};
  if (const auto* add = std::get_if<AddRecipientRequest>(&request)) {
    if (add->is_with_arguments)
      return {Action::kAddRecipientsWithArguments, "add recipient with arguments"};
    return {Action::kAddRecipients, "add recipient"};
  }
  if (std::holds_alternative<DeleteRecipientRequest>(request))
    return {Action::kDeleteRecipients, "delete recipient"};
  if (std::holds_alternative<ReplaceBodyChunk>(request))
    return {Action::kChangeBody, "replace body"};
  return {Action::kQuarantine, "quarantine"};
}

std::size_t octets_of(const Modify& request) {
  return std::visit(
      [](const auto& one) -> std::size_t {
        if constexpr (requires { one.value; })
          return one.name.size() + one.value.size();
        else if constexpr (requires { one.arguments; })
          return one.path.size() + one.arguments.size();
        else if constexpr (requires { one.path; })
          return one.path.size();
        else if constexpr (requires { one.reason; })
          return one.reason.size();
        else
          return 0;
      },
      request);
}

}  // namespace

Result<void> ModificationCollector::add(const Modify& request, const Profile& profile) {
  const Needed needed = needed_for(request);
  if (!profile.may(needed.action))
    return fail(ErrorKind::kInvalid, "milter asks for \"{}\", which it did not negotiate",
                needed.what);
  if (const auto* chunk = std::get_if<ReplaceBodyChunk>(&request)) return add_chunk(chunk->octets);
  if (body_ == Body::kOpen) body_ = Body::kClosed;
  if (modifications_.size() >= limits_.max_modifications)
    return fail(ErrorKind::kLimit, "milter asks for more than {} modifications",
                limits_.max_modifications);
  if (text_octets_ += octets_of(request); text_octets_ > limits_.max_text_octets)
    return fail(ErrorKind::kLimit, "milter's modifications are longer than {} octets",
                limits_.max_text_octets);
  auto parsed = parse_modification(request, {.keeps_leading_space = profile.keeps_leading_space()});
  if (!parsed) return std::unexpected(parsed.error());
  modifications_.push_back(std::move(parsed->modification));
  for (std::string& parameter : parsed->ignored_parameters)
    if (ignored_.size() < kMaxIgnoredParameters) ignored_.push_back(std::move(parameter));
  return {};
}

Result<void> ModificationCollector::add_chunk(std::string_view octets) {
  if (body_ == Body::kClosed)
    return fail(ErrorKind::kInvalid, "milter mixes the chunks of a body with other requests");
  if (body_ == Body::kNone) {
    if (modifications_.size() >= limits_.max_modifications)
      return fail(ErrorKind::kLimit, "milter asks for more than {} modifications",
                  limits_.max_modifications);
    body_ = Body::kOpen;
    body_index_ = modifications_.size();
    modifications_.emplace_back(mail::ReplaceBody{});
  }
  std::string& body = std::get<mail::ReplaceBody>(modifications_[body_index_]).octets;
  if (octets.size() > limits_.max_body_octets - std::min(body.size(), limits_.max_body_octets))
    return fail(ErrorKind::kLimit, "milter's new body is longer than {} octets",
                limits_.max_body_octets);
  body += octets;
  return {};
}

mail::Modifications ModificationCollector::take() {
  if (body_ != Body::kNone) {
    // Canonical line ends; filters send LF, too, and a CRLF may lie in two chunks.
    std::string& body = std::get<mail::ReplaceBody>(modifications_[body_index_]).octets;
    std::string canonical;
    canonical.reserve(body.size() + 2);
    for (const char c : body) {
      if (c == '\n' && !canonical.ends_with('\r')) canonical += '\r';
      canonical += c;
    }
    if (!canonical.empty() && !canonical.ends_with("\r\n")) canonical += "\r\n";
    body = std::move(canonical);
  }
  mail::Modifications out = std::move(modifications_);
  clear();
  return out;
}

void ModificationCollector::clear() {
  modifications_.clear();
  ignored_.clear();
  text_octets_ = 0;
  body_ = Body::kNone;
}

}  // namespace postern::milter
