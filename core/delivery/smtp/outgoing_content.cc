#include "core/delivery/smtp/outgoing_content.h"

#include "core/base/octets.h"
#include "core/mime/downgrade.h"

namespace postern::delivery {
namespace {

using mail::BodyType;

// Of a header section, where content is not in memory: beyond it nothing is looked for.
constexpr std::uint64_t kMaxHeaderOctets = 1 << 20;

// Without its body; all of `content` where there is no empty line.
std::string_view header_section(std::string_view content) {
  if (content.starts_with("\r\n")) return {};
  return content.substr(0, content.find("\r\n\r\n"));
}

bool has_utf8_address(const mail::Attempt& attempt) {
  const mail::Envelope& envelope = *attempt.envelope;
  if (envelope.reverse_path && !envelope.reverse_path->is_ascii()) return true;
  for (const std::uint32_t index : attempt.recipients)
    if (!envelope.recipients[index].forward_path.is_ascii()) return true;
  return false;
}

Result<std::string> read_range(const mail::Content& content, std::uint64_t offset,
                               std::uint64_t octets, std::string buffer) {
  buffer.resize(octets);
  std::size_t filled = 0;
  while (filled < octets) {
    const auto count = content.read_at(offset + filled, std::span<char>(buffer).subspan(filled));
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return fail(ErrorKind::kCorrupt, "the content is shorter than its size");
    filled += *count;
  }
  return buffer;
}

Result<mime::Downgraded> downgrade_all(const mail::Content& content) {
  const std::string_view memory = content.in_memory();
  if (!memory.empty()) return mime::downgrade_to_seven_bit(memory);
  const auto octets = read_range(content, 0, content.size(), {});
  if (!octets) return std::unexpected(octets.error());
  if (!has_8bit(*octets)) return mime::Downgraded{};  // as it is
  return mime::downgrade_to_seven_bit(*octets);
}

Error pool_is_full() { return Error{ErrorKind::kUnavailable, "too many reads wait", 0}; }

}  // namespace

OutgoingContent::OutgoingContent(net::Loop& loop, net::BlockingPool& pool, net::Budget& budget,
                                 const SmtpClientOptions& options, const mail::Attempt& attempt)
    : loop_(loop), pool_(pool), budget_(budget), options_(options), attempt_(attempt) {}

net::Task<Result<void>> OutgoingContent::examine() {
  is_examined_ = true;
  const mail::Envelope& envelope = *attempt_.envelope;
  const mail::Content& content = *attempt_.content;
  const std::string_view memory = content.in_memory();
  is_8bit_ = envelope.body != BodyType::kSevenBit || (!memory.empty() && has_8bit(memory));
  needs_smtputf8_ = has_utf8_address(attempt_);
  // A message without the SMTPUTF8 mark may hold raw 8-bit header fields: it goes on as it came.
  if (needs_smtputf8_ || !envelope.smtputf8) co_return Result<void>();
  if (!memory.empty() || content.size() == 0) {
    needs_smtputf8_ = has_8bit(header_section(memory));
    co_return Result<void>();
  }
  auto read = [source = attempt_.content] {
    return read_range(*source, 0, std::min(source->size(), kMaxHeaderOctets), {});
  };
  const auto head = co_await net::on_pool(loop_, pool_, std::move(read));
  if (!head) co_return std::unexpected(pool_is_full());
  if (!*head) co_return std::unexpected(head->error());
  needs_smtputf8_ = has_8bit(header_section(**head));
  co_return Result<void>();
}

net::Task<std::expected<void, PeerFault>> OutgoingContent::convert(const PeerLabel& label) {
  if (converted_) co_return std::expected<void, PeerFault>();
  const std::uint64_t size = attempt_.content->size();
  auto permit = budget_.take(2 * size);  // the message and its encoded form
  if (!permit)
    co_return std::unexpected(
        local_fault(label, "4.3.1", "too many 8-bit messages are being converted"));
  permit_ = std::move(*permit);
  auto work = [source = attempt_.content] { return downgrade_all(*source); };
  auto done = co_await net::on_pool(loop_, pool_, std::move(work));
  if (!done || !*done)
    co_return std::unexpected(local_fault(
        label, "4.3.0",
        fmt::format("message content: {}", (done ? done->error() : pool_is_full()).describe())));
  mime::Downgraded& downgraded = **done;
  if (!downgraded.is_seven_bit)
    co_return std::unexpected(local_fault(
        label, "5.6.3",
        fmt::format("8-bit content can't be converted, and host {} does not offer 8BITMIME",
                    label.host_and_address)));
  converted_ = downgraded.message.empty()
                   ? attempt_.content
                   : std::make_shared<mail::MemoryContent>(std::move(downgraded.message));
  co_return std::expected<void, PeerFault>();
}

net::Task<std::expected<PreparedContent, PeerFault>> OutgoingContent::prepare(
    const smtp::Capabilities& peer, const PeerLabel& label) {
  if (!is_examined_) {
    const auto examined = co_await examine();
    if (!examined) {
      is_examined_ = false;
      co_return std::unexpected(local_fault(
          label, "4.3.0", fmt::format("message content: {}", examined.error().describe())));
    }
  }
  PreparedContent out;
  out.content = attempt_.content;
  out.message.needs_smtputf8 = needs_smtputf8_;
  out.message.size = out.content->size();
  if (needs_smtputf8_ && !peer.smtputf8)
    co_return std::unexpected(
        local_fault(label, "5.6.7",
                    fmt::format("SMTPUTF8 is required, but was not offered by host {}",
                                label.host_and_address)));
  if (attempt_.envelope->body == BodyType::kBinaryMime) {
    if (!peer.binary_mime || !peer.chunking)
      co_return std::unexpected(
          local_fault(label, "5.6.3",
                      fmt::format("BINARYMIME is required, but was not offered by host {}",
                                  label.host_and_address)));
    out.message.body = BodyType::kBinaryMime;
    out.is_binary = true;
  } else if (peer.eight_bit_mime) {
    out.message.body = is_8bit_ ? BodyType::kEightBitMime : BodyType::kSevenBit;
  } else if (options_.convert_8bit) {
    // A file may hold 8-bit octets that its sender did not announce, so it is looked through.
    const bool may_be_8bit = is_8bit_ || (out.content->in_memory().empty() && out.message.size > 0);
    if (may_be_8bit) {
      const auto converted = co_await convert(label);
      if (!converted) co_return std::unexpected(converted.error());
      out.content = converted_;
      out.message.size = out.content->size();
    }
  }
  if (peer.max_size && out.message.size > *peer.max_size)
    co_return std::unexpected(
        local_fault(label, "5.3.4",
                    fmt::format("message size {} exceeds size limit {} of server {}",
                                out.message.size, *peer.max_size, label.host_and_address)));
  co_return out;
}

PieceReader::PieceReader(net::Loop& loop, net::BlockingPool& pool, mail::ContentPtr content,
                         std::size_t piece_octets)
    : loop_(loop),
      pool_(pool),
      content_(std::move(content)),
      piece_octets_(piece_octets),
      size_(content_->size()) {}

void PieceReader::read_ahead() {
  if (reading_ || offset_ >= size_ || !content_->in_memory().empty()) return;
  const std::uint64_t octets = std::min<std::uint64_t>(piece_octets_, size_ - offset_);
  reading_.emplace(loop_);
  auto callback = reading_->callback();
  auto work = [content = content_, offset = offset_, octets, buffer = std::move(spare_),
               callback = std::move(callback)]() mutable {
    callback(read_range(*content, offset, octets, std::move(buffer)));
  };
  spare_ = {};
  if (!pool_.try_run(std::move(work))) reading_->callback()(std::unexpected(pool_is_full()));
}

net::Task<Result<std::string_view>> PieceReader::next() {
  if (offset_ >= size_) co_return std::string_view();
  const std::string_view memory = content_->in_memory();
  if (!memory.empty()) {
    const std::string_view piece = memory.substr(offset_, piece_octets_);
    offset_ += piece.size();
    co_return piece;
  }
  read_ahead();
  auto read = co_await reading_->wait();
  reading_.reset();
  if (!read) co_return std::unexpected(read.error());
  spare_ = std::move(piece_);
  piece_ = std::move(*read);
  offset_ += piece_.size();
  co_return std::string_view(piece_);
}

}  // namespace postern::delivery
