// MailPolicy: what deciding about one message needs of the configuration: who lives here, where
// mail goes, how reports and trace fields look.  Immutable; a reload makes a new one (current.h).
#pragma once

#include <memory>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/delivery/dsn/dsn_composer.h"
#include "core/mime/trace_fields.h"
#include "core/routing/directory.h"

namespace postern::engine {

struct MailPolicy {
  std::shared_ptr<const routing::Directory> directory;
  bool routing_may_block = false;    // Directory::destination may wait for a table
  bool expansion_may_block = false;  // Directory::expand too
  std::shared_ptr<const delivery::DsnComposer> composer;
  mime::TraceOptions trace;
  std::uint64_t message_size_limit = 0;  // message_size_limit; octets, 0 none
  std::size_t hop_limit = 50;            // hopcount_limit
};

// Opens every table of the directory; blocks.  `own_addresses`: of interfaces.h.
Result<std::shared_ptr<const MailPolicy>> make_mail_policy(
    const config::Settings& settings, const std::vector<std::string>& own_addresses);

}  // namespace postern::engine
