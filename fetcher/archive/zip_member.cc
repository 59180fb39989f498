#include "fetcher/archive/zip_member.h"

#include <algorithm>

#include "sandbox/base/sys.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} * 1024;

}  // namespace

// What came out so far.
struct ZipMemberReader::Account {
  std::uint64_t size = 0;
  std::uint32_t crc = 0;

  Result<void> add(std::span<const std::byte> bytes, const ZipMember& member) {
    size += bytes.size();
    crc = fetcher::crc32(crc, bytes);
    if (size > member.size) return Error("damaged: it is longer than its size says");
    return {};
  }
};

Result<void> ZipMemberReader::read(const ZipMember& member, const Take& take) {
  Account account;
  TRY(member.method == ZipMethod::kDeflate ? deflated(member, account, take)
                                           : stored(member, account, take));
  if (account.size < member.size) return Error("damaged: it is shorter than its size says");
  if (account.crc != member.crc) return Error("damaged: its checksum (CRC-32) is wrong");
  return {};
}

Result<void> ZipMemberReader::stored(const ZipMember& member, Account& account, const Take& take) {
  for (std::uint64_t done = 0; done < member.compressed;) {
    const auto bytes = TRY(input(member.data_offset + done, member.compressed - done));
    done += bytes.size();
    TRY(budget_.add_decoded(bytes.size(), bytes.size()));
    TRY(account.add(bytes, member));
    TRY(take(bytes));
  }
  return {};
}

Result<void> ZipMemberReader::deflated(const ZipMember& member, Account& account,
                                       const Take& take) {
  InflateStream& stream = *TRY(fresh_stream());
  if (!out_) out_ = std::make_unique_for_overwrite<std::byte[]>(kBufferBytes);
  std::uint64_t left = member.compressed;
  std::span<const std::byte> in;
  for (;;) {
    if (in.empty() && left > 0) {
      in = TRY(input(member.data_offset + member.compressed - left, left));
      left -= in.size();
    }
    const auto step =
        TRY(stream.step(in, {out_.get(), kBufferBytes}).context("damaged compressed data"));
    in = in.subspan(step.consumed);
    const std::span<const std::byte> bytes(out_.get(), step.produced);
    TRY(budget_.add_decoded(step.produced, step.consumed));
    TRY(account.add(bytes, member));
    if (!bytes.empty()) TRY(take(bytes));
    if (step.ended) break;
    if (step.produced > 0 || step.consumed > 0) continue;
    if (in.empty() && left == 0) return Error("cut: the compressed data ends too early");
    if (!in.empty()) return Error("damaged compressed data: the decoder makes nothing of it");
  }
  if (!in.empty() || left > 0) return Error("damaged: bytes follow the compressed data");
  return {};
}

Result<std::span<const std::byte>> ZipMemberReader::input(std::uint64_t offset,
                                                          std::uint64_t left) {
  if (!in_) in_ = std::make_unique_for_overwrite<std::byte[]>(kBufferBytes);
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, kBufferBytes));
  const std::size_t count = TRY(sys::read_at(file_, {in_.get(), wanted}, offset));
  if (count == 0) return Error("the file became shorter while it was read");
  return std::span<const std::byte>(in_.get(), count);
}

Result<InflateStream*> ZipMemberReader::fresh_stream() {
  if (!stream_) {
    stream_ = TRY(fastest_inflate().make(Framing::kRaw));
  } else {
    TRY(stream_->reset());
  }
  return stream_.get();
}

}  // namespace slipway::fetcher
