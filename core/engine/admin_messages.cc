#include "core/engine/admin_messages.h"

#include "core/base/log.h"

namespace postern::engine {
namespace {

wire::QueueState to_wire(queue::MessageState state) {
  switch (state) {
    case queue::MessageState::kFree: break;
    case queue::MessageState::kWaiting: return wire::QUEUE_STATE_WAITING;
    case queue::MessageState::kActive: return wire::QUEUE_STATE_ACTIVE;
    case queue::MessageState::kHeld: return wire::QUEUE_STATE_HELD;
  }
  return wire::QUEUE_STATE_UNSPECIFIED;
}

wire::RecipientState to_wire(spool::RecipientState state) {
  switch (state) {
    case spool::RecipientState::kPending: return wire::RECIPIENT_STATE_PENDING;
    case spool::RecipientState::kDelivered: return wire::RECIPIENT_STATE_DELIVERED;
    case spool::RecipientState::kFailed: return wire::RECIPIENT_STATE_FAILED;
    case spool::RecipientState::kExpanded: return wire::RECIPIENT_STATE_EXPANDED;
    case spool::RecipientState::kDeleted: return wire::RECIPIENT_STATE_DELETED;
  }
  return wire::RECIPIENT_STATE_UNSPECIFIED;
}

void fill(const queue::RecipientView& view, wire::QueuedRecipient& out) {
  const std::string forward_path = view.recipient.forward_path.to_wire();
  out.set_forward_path(utf8_only(forward_path));
  if (view.recipient.original_recipient != forward_path)
    out.set_original_recipient(utf8_only(view.recipient.original_recipient));
  out.set_state(to_wire(view.progress.state));
  out.set_diagnostic(utf8_only(view.progress.diagnostic));
  out.set_status(utf8_only(view.progress.status));
  out.set_remote_mta(utf8_only(view.progress.remote_mta));
  out.set_orcpt(utf8_only(view.recipient.orcpt));
  out.set_notify(static_cast<std::uint32_t>(view.recipient.notify));
}

void fill(const queue::Summary::Row& row, std::string_view domain, wire::SummaryRow& out) {
  out.set_domain(utf8_only(domain));
  out.set_total(row.total);
  for (const std::uint64_t count : row.by_age)
    out.add_by_age(count);
}

}  // namespace

std::string utf8_only(std::string_view text) { return log::printable(text); }

void set_time(WallTime time, google::protobuf::Timestamp& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  out.set_seconds(seconds.time_since_epoch().count());
  out.set_nanos(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time - seconds).count()));
}

Result<queue::Selector> to_selector(const wire::Selector& selector) {
  using Which = wire::Selector;
  switch (selector.which_case()) {
    case Which::kAll:
      if (!selector.all()) return fail(ErrorKind::kInvalid, "all must be true");
      return queue::Selector::all();
    case Which::kIds: {
      if (selector.ids().queue_id_size() > kMaxIds)
        return fail(ErrorKind::kInvalid, "more than {} queue ids in one call", kMaxIds);
      std::vector<QueueId> ids;
      for (const std::string& text : selector.ids().queue_id()) {
        const auto id = QueueId::parse(text);
        if (!id) return fail(ErrorKind::kInvalid, "not a queue id: {}", log::printable(text));
        ids.push_back(*id);
      }
      return queue::Selector::by_ids(std::move(ids));
    }
    case Which::kSender: return queue::Selector::by_sender(selector.sender());
    case Which::kRecipient: return queue::Selector::by_recipient(selector.recipient());
    case Which::kDestination: return queue::Selector::by_destination(selector.destination());
    case Which::WHICH_NOT_SET: break;
  }
  return fail(ErrorKind::kInvalid, "no selector");
}

std::optional<queue::Verb> to_verb(wire::QueueVerb verb) {
  switch (verb) {
    case wire::QUEUE_VERB_HOLD: return queue::Verb::kHold;
    case wire::QUEUE_VERB_RELEASE: return queue::Verb::kRelease;
    case wire::QUEUE_VERB_REQUEUE: return queue::Verb::kRequeue;
    case wire::QUEUE_VERB_DELETE: return queue::Verb::kDelete;
    case wire::QUEUE_VERB_EXPIRE: return queue::Verb::kExpire;
    case wire::QUEUE_VERB_FLUSH: return queue::Verb::kFlush;
    default: return std::nullopt;
  }
}

bool for_each_part(const queue::MessageView& message,
                   const std::function<bool(wire::QueuedMessage)>& put) {
  wire::QueuedMessage part;
  part.set_queue_id(message.id.to_string());
  part.set_state(to_wire(message.state));
  part.set_size(message.size);
  set_time(message.arrival, *part.mutable_arrival());
  if (message.state == queue::MessageState::kWaiting)
    set_time(message.next_attempt, *part.mutable_next_attempt());
  part.set_attempts(message.attempts);
  part.set_reverse_path(utf8_only(message.sender));
  std::size_t octets = 0;
  for (const queue::RecipientView& view : message.recipients) {
    if (octets >= kPartOctets) {
      if (!put(std::exchange(part, {}))) return false;
      part.set_queue_id(message.id.to_string());
      part.set_is_continuation(true);
      octets = 0;
    }
    wire::QueuedRecipient& recipient = *part.add_recipients();
    fill(view, recipient);
    octets += recipient.ByteSizeLong();
  }
  return put(std::move(part));
}

wire::EnvelopeDetails to_details(const mail::Envelope& envelope) {
  wire::EnvelopeDetails out;
  out.set_envid(utf8_only(envelope.envid));
  out.set_ret(static_cast<std::uint32_t>(envelope.ret));
  out.set_body(static_cast<std::uint32_t>(envelope.body));
  out.set_smtputf8(envelope.smtputf8);
  out.set_origin(static_cast<std::uint32_t>(envelope.origin));
  out.set_client_name(utf8_only(envelope.client.name));
  out.set_client_address(utf8_only(envelope.client.address));
  out.set_client_port(envelope.client.port);
  out.set_helo(utf8_only(envelope.client.helo));
  out.set_protocol(utf8_only(envelope.client.protocol));
  out.set_tls(utf8_only(envelope.client.tls));
  out.set_sasl_method(utf8_only(envelope.client.sasl_method));
  out.set_sasl_username(utf8_only(envelope.client.sasl_username));
  out.set_listener(utf8_only(envelope.listener));
  return out;
}

void fill(const queue::Summary& summary, wire::SummarizeResponse& out) {
  fill(summary.total, "TOTAL", *out.mutable_total());
  fill(summary.other, "", *out.mutable_other());
  for (const auto& [domain, row] : summary.domains)
    fill(row, domain, *out.add_domains());
}

wire::Lane to_lane(const queue::LaneView& lane) {
  wire::Lane out;
  out.set_transport(utf8_only(lane.key.transport));
  out.set_site(utf8_only(lane.key.site));
  out.set_concurrency(lane.concurrency);
  out.set_limit(lane.limit);
  out.set_busy(lane.busy);
  out.set_messages(lane.messages);
  out.set_queued_jobs(lane.queued_jobs);
  out.set_parked(lane.parked);
  out.set_is_dead(lane.is_dead);
  if (lane.is_dead) set_time(lane.dead_until, *out.mutable_dead_until());
  out.set_last_failure(utf8_only(lane.last_failure));
  return out;
}

}  // namespace postern::engine
