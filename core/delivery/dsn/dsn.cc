#include "core/delivery/dsn/dsn.h"

namespace postern::delivery {

DsnKind kind_of(DsnAction action) {
  switch (action) {
    case DsnAction::kFailed: return DsnKind::kFailure;
    case DsnAction::kDelayed: return DsnKind::kDelay;
    default: return DsnKind::kSuccess;
  }
}

std::optional<NotifyClasses> NotifyClasses::parse(std::string_view text) {
  NotifyClasses out{};
  out.resource = out.software = false;
  while (!text.empty()) {
    const auto start = text.find_first_not_of(", \t\r\n");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const auto word = text.substr(0, text.find_first_of(", \t\r\n"));
    text.remove_prefix(word.size());
    bool* bit = nullptr;
    if (word == "bounce") bit = &out.bounce;
    if (word == "2bounce") bit = &out.double_bounce;
    if (word == "delay") bit = &out.delay;
    if (word == "resource") bit = &out.resource;
    if (word == "software") bit = &out.software;
    if (word == "protocol") bit = &out.protocol;
    if (word == "policy") bit = &out.policy;
    if (word == "data") bit = &out.data;
    if (bit == nullptr) return std::nullopt;
    *bit = true;
  }
  return out;
}

bool is_dsn_wanted(mail::DsnNotify notify, DsnAction action) {
  using enum mail::DsnNotify;
  if (has(notify, kNever)) return false;
  switch (kind_of(action)) {
    case DsnKind::kFailure: return notify == kUnspecified || has(notify, kFailure);
    case DsnKind::kDelay: return notify == kUnspecified || has(notify, kDelay);
    case DsnKind::kSuccess: return has(notify, kSuccess);
  }
  return false;
}

}  // namespace postern::delivery
