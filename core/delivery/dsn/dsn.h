// The words of delivery status notifications: what is reported, under which rules, and what comes
// out.  Plain values.  RFC 3461 (NOTIFY, RET, ENVID, ORCPT), RFC 3464 (the report), RFC 6533
// (its internationalised form).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/queue_id.h"
#include "core/base/units.h"
#include "core/mail/content.h"
#include "core/mail/envelope.h"

namespace postern::delivery {

// RFC 3464 s2.3.3.
enum class DsnAction { kFailed, kDelayed, kDelivered, kRelayed, kExpanded };

enum class DsnKind { kFailure, kDelay, kSuccess };
DsnKind kind_of(DsnAction action);

// main.cf notify_classes, a bit set: what postmaster is told of.
struct NotifyClasses {
  bool bounce = false;
  bool double_bounce = false;  // "2bounce"
  bool delay = false;
  bool resource = true;
  bool software = true;
  bool protocol = false;
  bool policy = false;
  bool data = false;

  // "bounce, 2bounce resource"; nullopt where a word is unknown.
  static std::optional<NotifyClasses> parse(std::string_view text);
};

struct DsnOptions {
  std::string hostname = "localhost";                  // myhostname
  std::string origin = "localhost";                    // myorigin; domain of bare addresses
  std::string mail_name = "Postern";                   // mail_name
  std::string double_bounce_sender = "double-bounce";  // double_bounce_sender
  std::string bounce_notice_recipient = "postmaster";  // bounce_notice_recipient
  std::string second_bounce_recipient = "postmaster";  // 2bounce_notice_recipient
  std::string delay_notice_recipient = "postmaster";   // delay_notice_recipient
  std::string error_notice_recipient = "postmaster";   // error_notice_recipient
  NotifyClasses notify;                                // notify_classes
  std::uint64_t bounce_size_limit = 50'000;            // bounce_size_limit, octets of the original
  std::size_t recipient_limit = 1000;   // recipients in one report; more make more reports
  std::size_t diagnostic_limit = 2000;  // octets of remote text quoted for one recipient
};

struct DsnRecipient {
  mail::Recipient recipient;
  DsnAction action = DsnAction::kFailed;
  std::string status;      // "5.1.1"; "" or nonsense becomes x.0.0 of the action
  std::string remote_mta;  // "mx.example[192.0.2.1]:25", or ""
  std::string smtp_reply;  // as the peer gave it, or ""
  std::string diagnostic;  // our own account; used where smtp_reply is ""
};

struct DsnRequest {
  QueueId id;
  const mail::Envelope* envelope = nullptr;  // of the message reported on
  const mail::Content* content = nullptr;
  std::vector<DsnRecipient> recipients;
  WallTime now{};
  std::optional<WallTime> retry_until;  // of a delay: when we give up
};

// A message of our own, ready for the queue (origin kNotification).
struct Notification {
  enum class Purpose { kDsn, kPostmasterCopy, kDoubleBounce };

  Purpose purpose = Purpose::kDsn;
  DsnKind kind = DsnKind::kFailure;
  mail::Envelope envelope;
  std::string content;  // canonical CRLF
};

// Whether RFC 3461 wants a DSN for this recipient.  An unspecified NOTIFY means failure and delay.
bool is_dsn_wanted(mail::DsnNotify notify, DsnAction action);

}  // namespace postern::delivery
