#include "core/spool/payload.h"

#include <algorithm>

#include "core/spool/fields.h"
#include "core/spool/format.h"

namespace postern::spool {
namespace {

using format::ClientField;
using format::Field;
using format::MailboxField;
using format::ProgressField;
using format::RecipientField;

std::string finish(std::string fields) {
  std::string out;
  out.reserve(fields.size() + 4);
  put_u32(out, static_cast<std::uint32_t>(fields.size()));
  return out += fields;
}

std::string encode_mailbox(const mail::Mailbox& mailbox) {
  std::string out;
  put_field(out, MailboxField::kLocalPart, mailbox.local_part());
  put_field(out, MailboxField::kDomain, mailbox.domain());
  return out;
}

mail::Mailbox parse_mailbox(std::string_view in, bool& ok) {
  std::string local_part, domain;
  FieldReader fields(in);
  while (fields.next()) {
    if (fields.tag<MailboxField>() == MailboxField::kLocalPart) local_part = fields.value();
    if (fields.tag<MailboxField>() == MailboxField::kDomain) domain = fields.value();
  }
  ok = ok && fields.ok();
  return {std::move(local_part), std::move(domain)};
}

std::string encode_recipient(const mail::Recipient& recipient) {
  std::string out;
  put_field(out, RecipientField::kForwardPath, encode_mailbox(recipient.forward_path));
  put_field(out, RecipientField::kOriginal, recipient.original_recipient);
  if (!recipient.orcpt.empty()) put_field(out, RecipientField::kOrcpt, recipient.orcpt);
  put_number(out, RecipientField::kNotify, static_cast<std::uint8_t>(recipient.notify));
  return out;
}

mail::Recipient parse_recipient(std::string_view in, bool& ok) {
  mail::Recipient out;
  FieldReader fields(in);
  while (fields.next()) {
    switch (fields.tag<RecipientField>()) {
      case RecipientField::kForwardPath:
        out.forward_path = parse_mailbox(fields.value(), ok);
        break;
      case RecipientField::kOriginal: out.original_recipient = fields.value(); break;
      case RecipientField::kOrcpt: out.orcpt = fields.value(); break;
      case RecipientField::kNotify:
        out.notify = static_cast<mail::DsnNotify>(fields.number());
        break;
    }
  }
  ok = ok && fields.ok();
  return out;
}

std::string encode_client(const mail::ClientInfo& client) {
  std::string out;
  put_field(out, ClientField::kName, client.name);
  put_field(out, ClientField::kReverseName, client.reverse_name);
  put_field(out, ClientField::kAddress, client.address);
  put_number(out, ClientField::kPort, client.port);
  put_field(out, ClientField::kHelo, client.helo);
  put_field(out, ClientField::kProtocol, client.protocol);
  put_field(out, ClientField::kTls, client.tls);
  put_field(out, ClientField::kSaslMethod, client.sasl_method);
  put_field(out, ClientField::kSaslUsername, client.sasl_username);
  return out;
}

mail::ClientInfo parse_client(std::string_view in, bool& ok) {
  mail::ClientInfo out;
  FieldReader fields(in);
  while (fields.next()) {
    switch (fields.tag<ClientField>()) {
      case ClientField::kName: out.name = fields.value(); break;
      case ClientField::kReverseName: out.reverse_name = fields.value(); break;
      case ClientField::kAddress: out.address = fields.value(); break;
      case ClientField::kPort: out.port = static_cast<std::uint16_t>(fields.number()); break;
      case ClientField::kHelo: out.helo = fields.value(); break;
      case ClientField::kProtocol: out.protocol = fields.value(); break;
      case ClientField::kTls: out.tls = fields.value(); break;
      case ClientField::kSaslMethod: out.sasl_method = fields.value(); break;
      case ClientField::kSaslUsername: out.sasl_username = fields.value(); break;
    }
  }
  ok = ok && fields.ok();
  return out;
}

void put_progress(std::string& out, std::uint32_t index, const RecipientProgress& progress) {
  std::string nested;
  put_number(nested, ProgressField::kIndex, index);
  put_number(nested, ProgressField::kState, static_cast<std::uint8_t>(progress.state));
  put_field(nested, ProgressField::kDiagnostic, progress.diagnostic);
  put_field(nested, ProgressField::kStatus, progress.status);
  put_field(nested, ProgressField::kRemoteMta, progress.remote_mta);
  put_field(out, Field::kProgress, nested);
}

Change::Outcome parse_progress(std::string_view in, bool& ok) {
  Change::Outcome out{};
  FieldReader fields(in);
  while (fields.next()) {
    switch (fields.tag<ProgressField>()) {
      case ProgressField::kIndex:
        out.recipient = static_cast<std::uint32_t>(fields.number());
        break;
      case ProgressField::kState:
        out.progress.state = static_cast<RecipientState>(fields.number());
        break;
      case ProgressField::kDiagnostic: out.progress.diagnostic = fields.value(); break;
      case ProgressField::kStatus: out.progress.status = fields.value(); break;
      case ProgressField::kRemoteMta: out.progress.remote_mta = fields.value(); break;
    }
  }
  ok = ok && fields.ok();
  return out;
}

void put_envelope(std::string& out, const mail::Envelope& envelope) {
  if (envelope.reverse_path)
    put_field(out, Field::kReversePath, encode_mailbox(*envelope.reverse_path));
  for (const mail::Recipient& recipient : envelope.recipients)
    put_field(out, Field::kRecipient, encode_recipient(recipient));
  put_number(out, Field::kBody, static_cast<std::uint8_t>(envelope.body));
  put_number(out, Field::kSmtpUtf8, envelope.smtputf8);
  put_number(out, Field::kRet, static_cast<std::uint8_t>(envelope.ret));
  put_field(out, Field::kEnvid, envelope.envid);
  put_number(out, Field::kOrigin, static_cast<std::uint8_t>(envelope.origin));
  put_field(out, Field::kClient, encode_client(envelope.client));
  put_signed(out, Field::kArrival, to_ns(envelope.arrival));
  put_field(out, Field::kListener, envelope.listener);
}

void parse_envelope_field(FieldReader& fields, mail::Envelope& envelope, bool& ok) {
  switch (fields.tag<Field>()) {
    case Field::kReversePath: envelope.reverse_path = parse_mailbox(fields.value(), ok); break;
    case Field::kRecipient:
      envelope.recipients.push_back(parse_recipient(fields.value(), ok));
      break;
    case Field::kBody: envelope.body = static_cast<mail::BodyType>(fields.number()); break;
    case Field::kSmtpUtf8: envelope.smtputf8 = fields.number() != 0; break;
    case Field::kRet: envelope.ret = static_cast<mail::DsnReturn>(fields.number()); break;
    case Field::kEnvid: envelope.envid = fields.value(); break;
    case Field::kOrigin: envelope.origin = static_cast<mail::Origin>(fields.number()); break;
    case Field::kClient: envelope.client = parse_client(fields.value(), ok); break;
    case Field::kArrival: envelope.arrival = from_ns(fields.signed_number()); break;
    case Field::kListener: envelope.listener = fields.value(); break;
    default: break;
  }
}

void put_large(std::string& out, const LargeContentRef& large) {
  put_number(out, Field::kLargeSize, large.size);
  std::string checksums;
  for (const std::uint32_t checksum : large.checksums)
    put_u32(checksums, checksum);
  put_field(out, Field::kLargeChecksums, checksums);
}

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "spool: malformed {} record", what);
}

// The fields of a payload; nullopt where their length does not fit.
std::optional<FieldReader> fields_of(std::string_view payload, std::string_view* body = nullptr) {
  if (payload.size() < 4) return std::nullopt;
  const std::uint32_t length = get_u32(payload, 0);
  if (length > payload.size() - 4) return std::nullopt;
  if (body != nullptr) *body = payload.substr(4 + length);
  return FieldReader(payload.substr(4, length));
}

std::vector<std::uint32_t> parse_checksums(std::string_view in) {
  std::vector<std::uint32_t> out(in.size() / 4);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = get_u32(in, i * 4);
  return out;
}

bool place(const std::vector<Change::Outcome>& outcomes, MessageState& state) {
  for (const Change::Outcome& outcome : outcomes) {
    if (outcome.recipient >= state.recipients.size()) return false;
    state.recipients[outcome.recipient] = outcome.progress;
  }
  return true;
}

}  // namespace

std::string encode(const SegmentHeaderPayload& header) {
  std::string out;
  put_number(out, Field::kSegment, header.segment);
  put_signed(out, Field::kCreated, to_ns(header.created));
  put_number(out, Field::kIdFloor, header.id_floor.value());
  if (header.previous != 0) {
    put_number(out, Field::kPreviousSegment, header.previous);
    put_number(out, Field::kPreviousEnd, header.previous_end);
  }
  return finish(std::move(out));
}

std::string encode_message(QueueId id, const mail::Envelope& envelope, const MessageState& state,
                           const LargeContentRef* large, std::uint32_t moved_from) {
  std::string out;
  put_number(out, Field::kQueueId, id.value());
  if (moved_from != 0) put_number(out, Field::kMovedFrom, moved_from);
  put_envelope(out, envelope);
  put_number(out, Field::kAttempts, state.attempts);
  put_signed(out, Field::kNextAttempt, to_ns(state.next_attempt));
  put_number(out, Field::kHeld, state.held);
  put_number(out, Field::kDelayWarned, state.delay_warned);
  for (std::uint32_t i = 0; i < state.recipients.size() && i < envelope.recipients.size(); ++i)
    if (state.recipients[i] != RecipientProgress{}) put_progress(out, i, state.recipients[i]);
  if (large != nullptr) put_large(out, *large);
  return finish(std::move(out));
}

std::string encode(const MessagePayload& message) {
  return encode_message(message.id, message.envelope, message.state,
                        message.large ? &*message.large : nullptr, message.moved_from);
}

std::string encode(const ChangePayload& change) {
  std::string out;
  put_number(out, Field::kQueueId, change.id.value());
  put_number(out, Field::kHomeSegment, change.home);
  put_number(out, Field::kAttempts, change.attempts);
  put_signed(out, Field::kNextAttempt, to_ns(change.next_attempt));
  put_number(out, Field::kHeld, change.held);
  put_number(out, Field::kDelayWarned, change.delay_warned);
  put_number(out, Field::kPending, change.pending);
  for (const Change::Outcome& outcome : change.outcomes)
    put_progress(out, outcome.recipient, outcome.progress);
  return finish(std::move(out));
}

std::string encode(const RemovalPayload& removal) {
  std::string out;
  put_number(out, Field::kQueueId, removal.id.value());
  put_number(out, Field::kHomeSegment, removal.home);
  return finish(std::move(out));
}

Result<SegmentHeaderPayload> parse_segment_header(std::string_view payload) {
  auto fields = fields_of(payload);
  SegmentHeaderPayload out;
  while (fields && fields->next()) {
    switch (fields->tag<Field>()) {
      case Field::kSegment: out.segment = static_cast<std::uint32_t>(fields->number()); break;
      case Field::kCreated: out.created = from_ns(fields->signed_number()); break;
      case Field::kIdFloor: out.id_floor = QueueId(fields->number()); break;
      case Field::kPreviousSegment:
        out.previous = static_cast<std::uint32_t>(fields->number());
        break;
      case Field::kPreviousEnd: out.previous_end = fields->number(); break;
      default: break;
    }
  }
  if (!fields || !fields->ok()) return malformed("segment header");
  return out;
}

Result<MessagePayload> parse_message(std::string_view payload) {
  MessagePayload out;
  std::vector<Change::Outcome> outcomes;
  LargeContentRef large;
  bool is_large = false;
  bool ok = true;
  auto fields = fields_of(payload, &out.body);
  while (fields && fields->next()) {
    switch (fields->tag<Field>()) {
      case Field::kQueueId: out.id = QueueId(fields->number()); break;
      case Field::kMovedFrom: out.moved_from = static_cast<std::uint32_t>(fields->number()); break;
      case Field::kAttempts:
        out.state.attempts = static_cast<std::uint32_t>(fields->number());
        break;
      case Field::kNextAttempt: out.state.next_attempt = from_ns(fields->signed_number()); break;
      case Field::kHeld: out.state.held = fields->number() != 0; break;
      case Field::kDelayWarned: out.state.delay_warned = fields->number() != 0; break;
      case Field::kProgress: outcomes.push_back(parse_progress(fields->value(), ok)); break;
      case Field::kLargeSize:
        large.size = fields->number();
        is_large = true;
        break;
      case Field::kLargeChecksums: large.checksums = parse_checksums(fields->value()); break;
      default: parse_envelope_field(*fields, out.envelope, ok); break;
    }
  }
  if (!fields || !fields->ok() || !ok || !out.id) return malformed("message");
  if (is_large && large.size > format::kMaxLarge) return malformed("message");
  if (is_large && large.checksums.size() != (large.size + kLargeBlock - 1) / kLargeBlock)
    return malformed("message");
  if (is_large) out.large = std::move(large);
  out.state.recipients.resize(out.envelope.recipients.size());
  if (!place(outcomes, out.state)) return malformed("message");
  return out;
}

Result<ChangePayload> parse_change(std::string_view payload) {
  ChangePayload out;
  bool ok = true;
  auto fields = fields_of(payload);
  while (fields && fields->next()) {
    switch (fields->tag<Field>()) {
      case Field::kQueueId: out.id = QueueId(fields->number()); break;
      case Field::kHomeSegment: out.home = static_cast<std::uint32_t>(fields->number()); break;
      case Field::kAttempts: out.attempts = static_cast<std::uint32_t>(fields->number()); break;
      case Field::kNextAttempt: out.next_attempt = from_ns(fields->signed_number()); break;
      case Field::kHeld: out.held = fields->number() != 0; break;
      case Field::kDelayWarned: out.delay_warned = fields->number() != 0; break;
      case Field::kPending: out.pending = static_cast<std::uint32_t>(fields->number()); break;
      case Field::kProgress: out.outcomes.push_back(parse_progress(fields->value(), ok)); break;
      default: break;
    }
  }
  if (!fields || !fields->ok() || !ok || !out.id) return malformed("change");
  return out;
}

Result<RemovalPayload> parse_removal(std::string_view payload) {
  RemovalPayload out;
  auto fields = fields_of(payload);
  while (fields && fields->next()) {
    if (fields->tag<Field>() == Field::kQueueId) out.id = QueueId(fields->number());
    if (fields->tag<Field>() == Field::kHomeSegment)
      out.home = static_cast<std::uint32_t>(fields->number());
  }
  if (!fields || !fields->ok() || !out.id) return malformed("removal");
  return out;
}

std::uint32_t count_pending(const MessageState& state) {
  return static_cast<std::uint32_t>(
      std::ranges::count(state.recipients, RecipientState::kPending, &RecipientProgress::state));
}

void apply(const ChangePayload& change, MessageState& state) {
  for (const Change::Outcome& outcome : change.outcomes)
    if (outcome.recipient < state.recipients.size())
      state.recipients[outcome.recipient] = outcome.progress;
  state.attempts = change.attempts;
  state.next_attempt = change.next_attempt;
  state.held = change.held;
  state.delay_warned = change.delay_warned;
}

}  // namespace postern::spool
