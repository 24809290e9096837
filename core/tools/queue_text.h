// The queue as text: in the form of Postfix's mailq (with its long queue ids, since ours are as
// long), as JSON with the names of `postqueue -j`, and the table of qshape.
// Everything that came from a peer is printable here.  Pure.
#pragma once

#include <string>

#include "core/tools/queue_view.h"

namespace postern::tools {

class MailqText {
 public:
  // What stands before or for one message; "" where nothing was listed so far.
  std::string entry(const QueuedMessage& message);
  // "-- 12 Kbytes in 3 Requests.", or "Mail queue is empty".
  std::string end() const;

 private:
  std::uint64_t octets_ = 0;
  std::uint64_t messages_ = 0;
};

// One object, one line.
std::string mailq_json(const QueuedMessage& message);

// Domains by count, largest first; at most `rows` of them.
std::string summary_text(const DomainSummary& summary, std::size_t rows);
std::string summary_json(const DomainSummary& summary);

// Name and value of everything known about an envelope, in the order and with the names of postcat.
std::string envelope_text(const QueuedMessage& message, const mail::Envelope& envelope);
// The same as one JSON object (on several lines).
std::string envelope_json(const QueuedMessage& message, const mail::Envelope& envelope);

// "Wed Nov 25 01:58:59 2026" in local time.
std::string local_time(WallTime time);
// Control characters and what is not UTF-8 as '?'.
std::string printable(std::string_view text);

}  // namespace postern::tools
