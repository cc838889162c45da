#include "storage/field_codec.hpp"
#include "storage/record.hpp"
#include "storage/store.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

job_record full_job() {
  auto job = pending_job(noon, 7, 42);
  job.state = job_state::failed;
  job.files_failed = 7;
  job.change = 1'000'000'007;
  job.expires = noon + milliseconds{1};
  job.erased = true;
  job.error = ec::cancelled;
  job.error_message = "Job was cancelled.";
  job.source_crc32 = 0xFEEDBEEF;
  return job;
}

file_record full_file() {
  auto file = completed_file(99'999, noon);
  file.source_name = "caf\xC3\xA9 \"x\".png";
  file.what.resize = resize_mode::width;
  file.what.width = 640;
  file.what.auto_orient = false;
  file.what.op = operation::compress;
  file.what.mode = compress_mode::target_size;
  file.what.target_bytes = 1ULL << 40;
  file.what.lossless = true;
  file.error_detail = "4711";
  file.progress.crashes = 1;
  file.progress.interruptions = 9;
  file.result.crc32 = 0xDEADBEEF;
  file.result.stored_inline = true;
  file.change = 12;
  file.started = noon + milliseconds{5};
  file.result.stages = {.decode = std::chrono::microseconds{1},
                        .transform = std::chrono::microseconds{2},
                        .encode = std::chrono::microseconds{3},
                        .compress = std::chrono::microseconds{4}};
  file.result.store = std::chrono::microseconds{5};
  return file;
}

TEST(RecordTest, RecordsRoundTrip) {
  auto job = full_job();
  EXPECT_EQ(decode_job(encode(job)), job);
  auto file = full_file();
  EXPECT_EQ(decode_file(encode(file)), file);
  account_totals totals{.jobs = {0, 1, 2, 3, 4}, .source_bytes = 5, .output_bytes = 6};
  EXPECT_EQ(decode_totals(encode(totals)), totals);
  idempotency_record key{
    .account = 3, .key = "once", .request = {1, 2, 3}, .job = job.id, .created = noon};
  EXPECT_EQ(decode_idempotency(encode(key)), key);
  job_spec spec;
  spec.type = job_type::compress;
  spec.metadata = "{}";
  spec.base_url = "http://x";
  spec.create_archive = true;
  spec.priority = job_priority::low;
  EXPECT_EQ(decode_spec(encode(spec)).priority, job_priority::low);
  EXPECT_TRUE(decode_spec(encode(spec)).create_archive);
  spec.request_id = "r-1";
  spec.trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(decode_spec(encode(spec)).request_id, spec.request_id);
  EXPECT_EQ(decode_spec(encode(spec)).trace_parent, spec.trace_parent);
  std::string bytes(300, '\0');
  EXPECT_EQ(decode_bytes(encode_bytes(bytes)), bytes);
}

/// As version 1, 2 or 3 wrote it.
std::string encode_earlier(const file_record& x, std::uint8_t version) {
  field_writer out{record_kind::file, version};
  out << x.index << x.source_name << x.target_name << x.offset << x.length;
  out << x.what.target << x.what.quality << x.what.resize << x.what.width << x.what.height
      << x.what.auto_orient << x.what.strip_metadata;
  if (version == 3)
    out << x.what.op << x.what.mode << x.what.target_bytes << x.what.lossless;
  out << x.progress.state << x.progress.crashes << x.progress.interruptions << x.progress.error
      << x.error_message;
  if (version == 3)
    out << x.error_detail;
  out << x.result.id << x.result.size << x.result.crc32 << x.result.width << x.result.height
      << x.result.applied_quality << x.result.stored_inline << x.change;
  if (version >= 2)
    out << x.result.erased;
  return out.finish();
}

TEST(RecordTest, FilesOfEarlierVersionsAreRead) {
  auto file = full_file();
  file.result.erased = true;
  auto old = file;
  old.started = {};
  old.result.stages = {};
  old.result.store = {};
  EXPECT_FALSE(old.result.has_times());
  EXPECT_EQ(decode_file(encode_earlier(file, 3)), old);
  old.what.op = operation::convert;
  old.what.mode = compress_mode::quality;
  old.what.target_bytes = 0;
  old.what.lossless = false;
  old.error_detail = {};
  EXPECT_EQ(decode_file(encode_earlier(file, 2)), old);
  old.result.erased = false;
  EXPECT_EQ(decode_file(encode_earlier(file, 1)), old);
}

TEST(RecordTest, TimesThatAreTooLongForTheRecordAreAsLongAsItKnows) {
  auto file = full_file();
  file.result.store = std::chrono::hours{2};
  EXPECT_EQ(decode_file(encode(file)).result.store.count(), 0xFFFFFFFF);
}

TEST(RecordTest, JobsAndSavedFilesFromBeforeHaveNoChecksumOfTheirBytes) {
  auto job = full_job();
  field_writer out{record_kind::job, 1};
  out << job.id << job.account << job.state << job.type << job.files_total << job.files_completed
      << job.files_failed << job.change << job.created << job.started << job.completed
      << job.expires << job.erased << job.error << job.error_message << job.source_bytes
      << job.output_bytes << job.sources_inline;
  job.source_crc32.reset();
  EXPECT_EQ(decode_job(out.finish()), job);
  saved_file saved{.id = mint<file_id>(noon), .account = 3, .name = "a", .size = 4};
  field_writer saved_out{record_kind::saved, 1};
  saved_out << saved.id << saved.account << saved.name << saved.format << saved.size
            << saved.created << saved.stored_inline;
  EXPECT_EQ(decode_saved(saved_out.finish()), saved);
  saved.crc32 = 5;
  EXPECT_EQ(decode_saved(encode(saved)), saved);
}

TEST(RecordTest, EveryFlippedBitIsNoticed) {
  auto record = encode(full_file());
  for (std::size_t i = 0; i < record.size() * 8; ++i) {
    auto damaged = record;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
    EXPECT_THROW(decode_file(damaged), store_error) << "bit " << i;
  }
}

TEST(RecordTest, EveryCutIsNoticed) {
  auto record = encode(full_job());
  for (std::size_t length = 0; length < record.size(); ++length)
    EXPECT_THROW(decode_job(std::string_view{record}.substr(0, length)), store_error);
}

TEST(RecordTest, ARecordOfAnotherKindIsNotRead) {
  EXPECT_THROW(decode_job(encode(full_file())), store_error);
}

} // namespace
} // namespace convertd
