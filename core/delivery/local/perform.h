// Performing an order with the rights the process already has, and taking those rights first.
// Blocking.
#pragma once

#include <vector>

#include "core/delivery/local/order.h"

namespace postern::delivery {

// Does what the order says.  Never throws for what happens there.
OrderResult perform_order(const Order& order, const mail::Content& content);

// Becomes `identity` for good: groups, gid, uid, in that order, and proves that there is no way
// back. `extra_group`: one more group (of the mail spool, for its lock files), or nothing when it
// equals identity.gid.  Only for a process of its own.  kPermission when the process may not.
Result<void> become(const Identity& identity, gid_t extra_group);

// The identity an order is for.
const Identity& owner_of(const Order& order);

}  // namespace postern::delivery
