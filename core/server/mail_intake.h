// MailIntake: takes the canonical octets of one message from the data reader to the sink: holds the
// header section back until it is whole, looks at it (hops, sizes, Message-ID, what is missing),
// puts the Received field and missing fields in front, and lets the body stream through.
// The content handed to the sink therefore begins with our own Received field.
// Owned by one transaction; for the session's loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/mail/envelope.h"
#include "core/mail/rejection.h"
#include "core/mime/header_section.h"
#include "core/net/permit.h"
#include "core/server/mail_sink.h"
#include "core/server/server_metrics.h"
#include "core/server/server_site.h"
#include "core/smtp/octet_sink.h"

namespace postern::server {

class MailIntake final : public smtp::OctetSink {
 public:
  // All outlive *this.  `add_missing`: the client is one of ours, so Date, Message-ID and From are
  // added where they are missing.
  MailIntake(const ServerSite& site, const mail::Envelope& envelope, IncomingMessage& message,
             bool add_missing)
      : site_(site), envelope_(envelope), message_(message), add_missing_(add_missing) {}

  void write(std::string_view octets) override;
  // Filters want the octets too: a copy goes there.  nullptr: no.
  void set_tap(std::string* tap) { tap_ = tap; }
  // The data is complete.
  void finish();

  // Once set it is final, and further octets are dropped.
  const std::optional<mail::Rejection>& failure() const { return failure_; }
  RefusalReason failure_reason() const { return failure_reason_; }

 private:
  void open_message(std::size_t header_octets);
  std::string cut_long_fields(const mime::HeaderSection& section) const;
  void log_message_id(const mime::HeaderSection& section, std::string_view added) const;
  void append(std::string_view octets);
  bool charge(std::size_t octets);
  void fail(RefusalReason reason, std::uint16_t code, mail::EnhancedStatus status,
            std::string_view text);

  const ServerSite& site_;
  const mail::Envelope& envelope_;
  IncomingMessage& message_;
  const bool add_missing_;
  std::string* tap_ = nullptr;
  bool is_open_ = false;  // the header section is through
  std::string header_;
  std::size_t scanned_ = 0;  // octets of header_ that cannot begin its end
  std::uint64_t octets_ = 0;
  net::Permit memory_;
  std::optional<mail::Rejection> failure_;
  RefusalReason failure_reason_ = RefusalReason::kContent;
};

}  // namespace postern::server
