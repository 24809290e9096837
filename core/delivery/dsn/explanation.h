// The part of a report that people read, and its subject.  Pure; RFC 3464 s2 leaves the words to
// us.
#pragma once

#include <span>
#include <string>

#include "core/delivery/dsn/dsn.h"

namespace postern::delivery {

struct ExplanationInput {
  const DsnOptions& options;
  const DsnRequest& request;
  std::span<const DsnRecipient> recipients;
  DsnKind kind;
  Notification::Purpose purpose;
  bool utf8;
};

// CRLF lines.
std::string explanation(const ExplanationInput& input);

std::string_view subject(DsnKind kind, Notification::Purpose purpose);

}  // namespace postern::delivery
