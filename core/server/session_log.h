// The SMTP server's log lines, in Postfix smtpd's words, which pflogsumm, fail2ban and every
// operator's eye know.  One function a line.  What a peer sent is made printable by log/.
// Thread-safe.
#pragma once

#include <string_view>

#include "core/mail/rejection.h"

namespace postern::server {

class Conversation;

void log_connect(const Conversation& conversation);
void log_disconnect(const Conversation& conversation);
// "ID: client=name[address], sasl_method=..., orig_client=..."
void log_client(const Conversation& conversation);
// "ID: reject: RCPT from name[address]: 554 5.7.1 ...; from=<> to=<> proto=ESMTP helo=<>"
void log_rejection(const Conversation& conversation, std::string_view what,
                   const mail::Rejection& rejection);
// What warn_if_reject would have refused.
void log_reject_warning(const Conversation& conversation, std::string_view what,
                        std::string_view text);
// "lost connection after DATA (17 bytes) from name[address]": `what` is "lost connection",
// "timeout" or "too many errors".
void log_end(const Conversation& conversation, std::string_view what);
// "improper command pipelining after EHLO from name[address]: MAIL FROM:..."
void log_early_talker(const Conversation& conversation, std::string_view octets);
void log_foreign(const Conversation& conversation, std::string_view line);

}  // namespace postern::server
