// The header fields that a hop adds: Received, Return-Path, Delivered-To, X-Original-To, and what
// a submission may lack (Date, Message-ID, From).  Whatever came from a peer is made printable
// first, so it cannot begin a field of its own.
// RFC 5321 s4.4, RFC 5322 s3.6.  Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "core/base/queue_id.h"
#include "core/base/units.h"
#include "core/mail/envelope.h"
#include "core/mime/header_section.h"

namespace postern::mime {

struct TraceOptions {
  std::string hostname;               // myhostname
  std::string mail_name = "Postern";  // mail_name
  bool show_tls = true;               // smtpd_tls_received_header
  bool show_authenticated = false;    // smtpd_sasl_authenticated_header
  // The date in UTC and not in the machine's zone; for tests.
  bool use_utc = false;
};

// One Received field with its CRLF, in Postfix's form.  `for` is there when the message has exactly
// one recipient: with more it would disclose them to each other.
std::string received_field(const mail::Envelope& envelope, QueueId id, const TraceOptions& options);
// For a message from sendmail(1).
std::string received_field_local(unsigned uid, QueueId id, WallTime time,
                                 const TraceOptions& options);

// Each: one field with its CRLF.
std::string return_path_field(const mail::ReversePath& reverse_path);
std::string delivered_to_field(const mail::Mailbox& mailbox);
std::string x_original_to_field(std::string_view original_recipient);

// The fields a submission lacks, to be put before its header section; "" where nothing is missing.
// With Resent- fields their set is completed instead (RFC 5322 s3.6.6).
// `author_name`: full name for From, may be "".
std::string missing_fields(const HeaderSection& section, const mail::ReversePath& reverse_path,
                           std::string_view author_name, QueueId id, WallTime time,
                           const TraceOptions& options);

}  // namespace postern::mime
