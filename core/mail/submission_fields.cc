// The envelope fields of a submission file (submission_file.h): tag, length, value.

#include "core/mail/submission_file.h"

namespace postern::mail {
namespace {

// Values are stored; append only.
enum class Tag : std::uint8_t {
  kReversePath = 1,  // absent: the login name counts
  kRecipient = 2,    // in order
  kOrcpt = 3,        // of the recipient before it
  kFullName = 4,
  kEnvid = 5,
  kRet = 6,     // one octet, as the next three
  kNotify = 7,  // of the recipient before it
  kBody = 8,
  kSmtpUtf8 = 9,
};

void put(std::string& out, Tag tag, std::string_view value) {
  out.push_back(static_cast<char>(tag));
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<char>(value.size() >> shift));
  out.append(value);
}
void put(std::string& out, Tag tag, std::uint8_t value) {
  const char octet = static_cast<char>(value);
  put(out, tag, std::string_view(&octet, 1));
}

// No control character: a line break in an address would forge log lines and header fields.
bool is_clean(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

}  // namespace

std::string encode_submission(const Submission& submission) {
  std::string out;
  if (submission.reverse_path) put(out, Tag::kReversePath, *submission.reverse_path);
  for (const Submission::To& each : submission.recipients) {
    put(out, Tag::kRecipient, each.address);
    if (!each.orcpt.empty()) put(out, Tag::kOrcpt, each.orcpt);
    if (each.notify != DsnNotify::kUnspecified)
      put(out, Tag::kNotify, static_cast<std::uint8_t>(each.notify));
  }
  if (!submission.full_name.empty()) put(out, Tag::kFullName, submission.full_name);
  if (!submission.envid.empty()) put(out, Tag::kEnvid, submission.envid);
  put(out, Tag::kRet, static_cast<std::uint8_t>(submission.ret));
  put(out, Tag::kBody, static_cast<std::uint8_t>(submission.body));
  put(out, Tag::kSmtpUtf8, static_cast<std::uint8_t>(submission.smtputf8));
  return out;
}

Result<Submission> parse_submission(std::string_view fields, const SubmissionLimits& limits) {
  Submission out;
  while (!fields.empty()) {
    if (fields.size() < 5) return fail(ErrorKind::kCorrupt, "a field is cut short");
    const Tag tag = static_cast<Tag>(fields[0]);
    std::uint32_t length = 0;
    for (unsigned i = 0; i < 4; ++i)
      length |= static_cast<std::uint32_t>(static_cast<unsigned char>(fields[1 + i])) << (8 * i);
    fields.remove_prefix(5);
    if (length > fields.size()) return fail(ErrorKind::kCorrupt, "a field is cut short");
    const std::string_view value = fields.substr(0, length);
    fields.remove_prefix(length);
    if (length > limits.max_field_octets)
      return fail(ErrorKind::kLimit, "a field of {} octets where {} are allowed", length,
                  limits.max_field_octets);
    if (tag < Tag::kRet && !is_clean(value))
      return fail(ErrorKind::kInvalid, "a control character in the envelope");
    const std::uint8_t octet = length == 1 ? static_cast<std::uint8_t>(value[0]) : 0xff;
    const auto bad_value = [&] {
      return fail(ErrorKind::kInvalid, "field {} is out of range", static_cast<int>(tag));
    };
    switch (tag) {
      case Tag::kReversePath: out.reverse_path = value; break;
      case Tag::kRecipient:
        if (value.empty()) return fail(ErrorKind::kInvalid, "an empty recipient");
        if (out.recipients.size() == limits.max_recipients)
          return fail(ErrorKind::kLimit, "more than {} recipients", limits.max_recipients);
        out.recipients.push_back({std::string(value), "", DsnNotify::kUnspecified});
        break;
      case Tag::kOrcpt:
        if (out.recipients.empty()) return fail(ErrorKind::kCorrupt, "ORCPT without a recipient");
        out.recipients.back().orcpt = value;
        break;
      case Tag::kFullName: out.full_name = value; break;
      case Tag::kEnvid: out.envid = value; break;
      case Tag::kRet:
        if (octet > static_cast<std::uint8_t>(DsnReturn::kHeaders)) return bad_value();
        out.ret = static_cast<DsnReturn>(octet);
        break;
      case Tag::kNotify:
        // NEVER excludes the others (RFC 3461 s4.1).
        if (octet > 15 || ((octet & 1) != 0 && octet != 1)) return bad_value();
        if (out.recipients.empty()) return fail(ErrorKind::kCorrupt, "NOTIFY without a recipient");
        out.recipients.back().notify = static_cast<DsnNotify>(octet);
        break;
      case Tag::kBody:
        // BINARYMIME can't come from standard input: its lines end in LF.
        if (octet > static_cast<std::uint8_t>(BodyType::kEightBitMime)) return bad_value();
        out.body = static_cast<BodyType>(octet);
        break;
      case Tag::kSmtpUtf8:
        if (octet > 1) return bad_value();
        out.smtputf8 = octet == 1;
        break;
    }
  }
  if (out.recipients.empty()) return fail(ErrorKind::kInvalid, "no recipient");
  return out;
}

}  // namespace postern::mail
