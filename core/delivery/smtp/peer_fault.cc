#include "core/delivery/smtp/peer_fault.h"

#include <fmt/format.h>

#include <cstring>

#include "core/base/log.h"

namespace postern::delivery {
namespace {

// Of one server's text: enough for the longest real explanation, too little to fill a log.
constexpr std::size_t kMaxReplyText = 2000;

}  // namespace

std::string_view doing(SmtpStage stage) {
  switch (stage) {
    case SmtpStage::kGreeting: return "receiving the initial server greeting";
    case SmtpStage::kEhlo: return "performing the EHLO handshake";
    case SmtpStage::kHelo: return "performing the HELO handshake";
    case SmtpStage::kLhlo: return "performing the LHLO handshake";
    case SmtpStage::kStartTls: return "performing the STARTTLS handshake";
    case SmtpStage::kXforward: return "sending XFORWARD attributes";
    case SmtpStage::kRset: return "sending RSET";
    case SmtpStage::kMail: return "sending MAIL FROM";
    case SmtpStage::kRcpt: return "sending RCPT TO";
    case SmtpStage::kData: return "sending DATA command";
    case SmtpStage::kContent: return "sending message body";
    case SmtpStage::kEndOfData: return "sending end of data -- message may be sent more than once";
    case SmtpStage::kQuit: return "sending QUIT";
  }
  return "talking";
}

std::string_view command(SmtpStage stage) {
  switch (stage) {
    case SmtpStage::kGreeting: return "connection";
    case SmtpStage::kEhlo: return "EHLO command";
    case SmtpStage::kHelo: return "HELO command";
    case SmtpStage::kLhlo: return "LHLO command";
    case SmtpStage::kStartTls: return "STARTTLS command";
    case SmtpStage::kXforward: return "XFORWARD command";
    case SmtpStage::kRset: return "RSET command";
    case SmtpStage::kMail: return "MAIL FROM command";
    case SmtpStage::kRcpt: return "RCPT TO command";
    case SmtpStage::kData: return "DATA command";
    case SmtpStage::kContent:
    case SmtpStage::kEndOfData: return "end of DATA command";
    case SmtpStage::kQuit: return "QUIT command";
  }
  return "command";
}

std::string reply_text(const mail::Reply& reply) {
  std::string text = reply.to_log();
  if (text.size() > kMaxReplyText) {
    text.resize(kMaxReplyText);
    text += "...";
  }
  return log::printable(text);
}

std::string status_of(const mail::Reply& reply) {
  if (reply.status()) return reply.status()->to_string();
  if (reply.code() >= 500) return "5.0.0";
  if (reply.code() >= 400) return "4.0.0";
  return "4.5.0";
}

PeerFault refused(const PeerLabel& peer, SmtpStage stage, const mail::Reply& reply) {
  PeerFault out;
  const bool is_full = stage == SmtpStage::kRcpt && reply.code() == 552;
  out.is_permanent = reply.is_permanent_failure() && !is_full;
  out.status = status_of(reply);
  if (is_full) out.status.front() = '4';
  if (reply.is_positive()) out.status = "4.5.0";  // not what the command may be answered with
  out.smtp_reply = reply_text(reply);
  out.diagnostic = fmt::format("host {} said: {} (in reply to {})", peer.host_and_address,
                               out.smtp_reply, command(stage));
  out.remote_mta = peer.with_port;
  if (reply.code() == 421) {
    out.site = mail::SiteVerdict::kThrottle;
    out.ends_connection = true;
  }
  return out;
}

PeerFault refused_to_talk(const PeerLabel& peer, const mail::Reply& reply) {
  PeerFault out = refused(peer, SmtpStage::kGreeting, reply);
  out.diagnostic =
      fmt::format("host {} refused to talk to me: {}", peer.host_and_address, out.smtp_reply);
  out.site = reply.is_transient_failure() ? mail::SiteVerdict::kThrottle : mail::SiteVerdict::kDead;
  out.ends_connection = true;
  return out;
}

PeerFault lost_connection(const PeerLabel& peer, SmtpStage stage, const Error& error) {
  PeerFault out;
  out.status = "4.4.2";
  out.diagnostic =
      error.kind == ErrorKind::kTimeout
          ? fmt::format("conversation with {} timed out while {}", peer.host_and_address,
                        doing(stage))
          : fmt::format("lost connection with {} while {}", peer.host_and_address, doing(stage));
  out.remote_mta = peer.with_port;
  out.site = stage < SmtpStage::kMail ? mail::SiteVerdict::kDead : mail::SiteVerdict::kThrottle;
  out.ends_connection = true;
  return out;
}

PeerFault protocol_error(const PeerLabel& peer, SmtpStage stage, std::string_view what) {
  PeerFault out;
  out.status = "4.5.0";
  out.diagnostic = fmt::format("protocol error of host {} while {}: {}", peer.host_and_address,
                               doing(stage), what);
  out.remote_mta = peer.with_port;
  out.site = stage < SmtpStage::kMail ? mail::SiteVerdict::kDead : mail::SiteVerdict::kThrottle;
  out.ends_connection = true;
  return out;
}

PeerFault no_connection(const PeerLabel& peer, const Error& error) {
  PeerFault out;
  const char* const why = error.kind == ErrorKind::kTimeout ? ::strerrordesc_np(ETIMEDOUT)
                          : error.sys_errno != 0            ? ::strerrordesc_np(error.sys_errno)
                                                            : nullptr;
  out.status = "4.4.1";
  out.diagnostic =
      fmt::format("connect to {}: {}", peer.with_port, why ? std::string(why) : error.context);
  // Descriptors that run out here say nothing about the server.
  out.site = error.kind == ErrorKind::kUnavailable ? mail::SiteVerdict::kThrottle
                                                   : mail::SiteVerdict::kDead;
  out.ends_connection = true;
  return out;
}

PeerFault local_fault(const PeerLabel& peer, std::string status, std::string diagnostic) {
  PeerFault out;
  out.is_permanent = status.starts_with('5');
  out.status = std::move(status);
  out.diagnostic = std::move(diagnostic);
  out.remote_mta = peer.with_port;
  return out;
}

}  // namespace postern::delivery
