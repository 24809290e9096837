// Resolver: DNS look-ups by libunbound, with its cache and, where a trust anchor is given, its
// DNSSEC validation.  One object for the process, shared by all loops.
// Not here: what the answers mean for mail (mx_plan.h, peer_name.h), the system's own name service
// (native_lookup.h).
// Names cost nothing but time to the one who waits: every look-up ends at its deadline, answers are
// bounded in number and size, and a name that is no name never leaves.
// Thread-safe.  Outlives every look-up.  RFC 1035, RFC 4035.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/net/address.h"
#include "core/net/loop.h"
#include "core/net/task.h"

namespace postern::dns {

// RFC 1035 s3.2.2 and later; the numbers of the wire.
enum class RecordType : std::uint16_t {
  kA = 1,
  kCname = 5,
  kPtr = 12,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kTlsa = 52,
};
std::string_view to_string(RecordType type);  // "A", "MX" ...

enum class Status {
  kFound,
  kNxDomain,   // no such name
  kNoData,     // the name has no record of the type
  kMalformed,  // the name can't be asked for: a label too long, an empty label ...
  kServFail,   // SERVFAIL, REFUSED, no server answers
  kBogus,      // DNSSEC validation failed: to be treated as an outage, never as an answer
  kTimeout,    // the deadline passed
  kBusy,       // max_in_flight
};
// As resolvers have always said it: "Host not found", "Host not found, try again" ...
std::string_view to_string(Status status);
// Another try may succeed.
constexpr bool is_temporary(Status status) { return status >= Status::kServFail; }

struct Answer {
  Status status = Status::kServFail;
  bool is_secure = false;            // validated from a trust anchor down
  std::string canonical_name;        // where CNAMEs led; "" for the name itself
  std::vector<std::string> records;  // record data as on the wire, names not compressed
  Seconds time_to_live{0};
};

// Record data to values.  nullopt: the data is no such record.
struct MxRecord {
  std::uint16_t preference = 0;
  std::string host;  // no dot at the end; "" is the root, RFC 7505's "no mail"
};
std::optional<MxRecord> parse_mx(std::string_view record);
std::optional<std::string> parse_name(std::string_view record);  // PTR, CNAME
std::optional<net::SocketAddress> parse_address(RecordType type, std::string_view record,
                                                std::uint16_t port);

struct ResolverOptions {
  // "192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:5353"; empty: resolv_conf says.
  std::vector<std::string> forwarders;
  std::string resolv_conf = "/etc/resolv.conf";  // "": ask from the root down
  std::string hosts_file;                        // names and addresses that go before DNS; "": none
  std::string trust_anchor_file;                 // "": nothing is secure
  std::size_t max_records = 100;                 // of one answer; what is beyond is dropped
  std::size_t max_record_octets = 4096;          // of one record; a longer one is dropped
  std::size_t max_in_flight = 10'000;            // look-ups that wait
  std::uint64_t cache_octets = 8 << 20;          // for messages, and twice as much for record sets
  std::chrono::milliseconds server_timeout{10'000};  // the longest wait for one server
};

// One look-up under way.  For the thread of the loop it was started for.
class Lookup {
 public:
  ~Lookup();  // one that nobody waits for any more is given up
  Lookup(Lookup&& other) noexcept;
  Lookup& operator=(Lookup&&) = delete;
  // Once.  Never throws, always ends by `deadline`.
  net::Task<Answer> wait(SteadyTime deadline);

 private:
  friend class Resolver;
  struct State;
  explicit Lookup(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Resolver {
 public:
  // kInvalid: a forwarder that is no address; kIo: no thread, a file that can't be read.
  static Result<std::unique_ptr<Resolver>> make(ResolverOptions options = {});
  // Look-ups that still wait end with kServFail.
  ~Resolver();

  // `name`: without regard to a dot at the end.  start() returns at once, so that several can be
  // under way; the resolver may go before what it gave.
  Lookup start(net::Loop& loop, std::string name, RecordType type);
  net::Task<Answer> lookup(net::Loop& loop, std::string name, RecordType type, SteadyTime deadline);

  std::size_t in_flight() const;

 private:
  friend class Lookup;
  struct State;
  explicit Resolver(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace postern::dns
