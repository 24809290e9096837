// The machine-readable part of a report: message/delivery-status, or message/global-delivery-status
// where `utf8`.  One group of fields for the message, one for each recipient.  Pure.
// RFC 3464 s2.2, s2.3; RFC 6533 s3.
#pragma once

#include <span>
#include <string>

#include "core/delivery/dsn/dsn.h"

namespace postern::delivery {

std::string delivery_status(const DsnOptions& options, const DsnRequest& request,
                            std::span<const DsnRecipient> recipients, bool utf8);

// "5.1.1" of the recipient's own status, if its class fits the action; else 5.0.0, 4.0.0, 2.0.0.
std::string status_of(const DsnRecipient& recipient);

}  // namespace postern::delivery
