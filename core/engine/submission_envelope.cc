// From the text that a local user handed in to an envelope.
#include <pwd.h>

#include "core/engine/maildrop.h"
#include "core/routing/address_text.h"

namespace postern::engine {
namespace {

std::string login_name(uid_t uid) {
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? fmt::format("uid{}", uid) : found->pw_name;
}

mail::Mailbox address_of(const std::string& text, const std::string& origin) {
  if (auto parsed = routing::parse_table_address(text); parsed && !parsed->local_part().empty())
    return parsed->has_domain() ? *parsed : mail::Mailbox(parsed->local_part(), origin);
  std::string local_part = text;
  for (char& c : local_part)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return {std::move(local_part), origin};
}

}  // namespace

mail::Envelope envelope_of(const mail::Submission& submission, uid_t owner, WallTime now,
                           const std::string& origin) {
  mail::Envelope out;
  if (!submission.reverse_path)
    out.reverse_path = mail::Mailbox(login_name(owner), origin);
  else if (!submission.reverse_path->empty())
    out.reverse_path = address_of(*submission.reverse_path, origin);
  for (const mail::Submission::To& to : submission.recipients) {
    mail::Recipient& recipient = out.recipients.emplace_back();
    recipient.forward_path = address_of(to.address, origin);
    recipient.original_recipient = recipient.forward_path.to_wire();
    recipient.orcpt = to.orcpt;
    recipient.notify = to.notify;
  }
  out.body = submission.body;
  out.smtputf8 = submission.smtputf8;
  out.ret = submission.ret;
  out.envid = submission.envid;
  out.origin = mail::Origin::kSubmitted;
  out.client.name = "localhost";
  out.client.reverse_name = "localhost";
  out.client.address = "127.0.0.1";
  out.client.protocol = "ESMTP";
  out.arrival = now;
  out.listener = "pickup";
  return out;
}

}  // namespace postern::engine
