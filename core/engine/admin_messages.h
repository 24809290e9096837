// Between the queue's values and the admin service's protobuf messages.  No gRPC here.
// Pure; thread-safe.
#pragma once

#include <functional>
#include <optional>

#include "core/base/result.h"
#include "core/queue/views.h"
#include "core/spool/message_state.h"
#include "proto/postern/admin/v1/admin.pb.h"

namespace postern::engine {

namespace wire = postern::admin::v1;

// Octets of one streamed part, about; above it the recipients go on in the next.
constexpr std::size_t kPartOctets = 256u << 10;
constexpr int kMaxIds = 10'000;

// kInvalid says what is wrong with it.
Result<queue::Selector> to_selector(const wire::Selector& selector);
std::optional<queue::Verb> to_verb(wire::QueueVerb verb);

// One message in as many parts as its recipients need; `put` false: no more are wanted.
bool for_each_part(const queue::MessageView& message,
                   const std::function<bool(wire::QueuedMessage)>& put);
wire::EnvelopeDetails to_details(const mail::Envelope& envelope);
void fill(const queue::Summary& summary, wire::SummarizeResponse& out);
wire::Lane to_lane(const queue::LaneView& lane);
void set_time(WallTime time, google::protobuf::Timestamp& out);

// Protobuf demands UTF-8 of a string; what came from peers may be anything.  Octets that are not
// part of valid UTF-8 become '?'.
std::string utf8_only(std::string_view text);

}  // namespace postern::engine
