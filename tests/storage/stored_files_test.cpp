#include "storage/index_outputs.hpp"
#include "storage/recount.hpp"
#include "storage/saved_files.hpp"
#include "storage/store.hpp"
#include "storage/upload.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <random>
#include <unistd.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

class StoredFilesTest : public testing::Test {
protected:
  template <class Write>
  void write(Write what) {
    write_batch batch{in};
    what(batch);
    batch.commit();
  }

  static saved_file saved(timestamp at, std::string name, account_id account = 1) {
    return {.id = mint<file_id>(at),
            .account = account,
            .name = std::move(name),
            .format = image_format::png,
            .size = 10,
            .created = at,
            .stored_inline = true};
  }

  saved_file put_saved(timestamp at, std::string name, account_id account = 1) {
    auto file = saved(at, std::move(name), account);
    write([&](write_batch& batch) { batch.put_saved(file, "0123456789"); });
    return file;
  }

  /// A final job whose files are all completed, file n at `at` + n seconds.
  job_record put_job(timestamp at, std::uint32_t files, account_id account = 1) {
    auto job = pending_job(at, files, account);
    job.state = job_state::completed;
    job.files_completed = files;
    job.output_bytes = files * 40ULL;
    write([&](write_batch& batch) {
      batch.put_job(job);
      for (std::uint32_t i = 0; i < files; ++i)
        batch.put_file(job.id, completed_file(i, at + i * 1s));
    });
    return job;
  }

  std::vector<std::string> names(account_id account, const stored_filter& which = {}) const {
    std::vector<std::string> result;
    for (const auto& x : read_view{in}.stored_files(account, which, 0, 100).files)
      result.push_back(x.facts.name);
    return result;
  }

  void expect_totals_hold(account_id account) const {
    read_view view{in};
    EXPECT_EQ(view.totals(account), recount(view, account));
  }

  temp_dir dir;
  store in{dir.path() / "store", {.map_bytes = 64 * mib, .sync = false}};
};

TEST_F(StoredFilesTest, SavedFilesAndOutputsAreListedTogetherNewestFirst) {
  put_saved(noon, "first.png");
  put_job(noon + 1s, 2);
  put_saved(noon + 1min, "last.png");
  put_saved(noon, "another's.png", 2);
  EXPECT_EQ(names(1),
            (std::vector<std::string>{"last.png", "picture1.webp", "picture0.webp", "first.png"}));
  auto page = read_view{in}.stored_files(1, {}, 1, 2);
  EXPECT_EQ(page.total, 4U);
  ASSERT_EQ(page.files.size(), 2U);
  EXPECT_EQ(page.files[0].facts.name, "picture1.webp");
  EXPECT_TRUE(page.files[0].of_job);
  EXPECT_EQ(page.files[0].facts.created, noon + 2s);
  EXPECT_TRUE(read_view{in}.stored_files(3, {}, 0, 10).files.empty());
}

TEST_F(StoredFilesTest, AFilterLooksAtNamesAndTypes) {
  put_saved(noon, "Holiday.PNG");
  put_saved(noon + 1s, "invoice.png");
  put_job(noon + 1min, 1);
  EXPECT_EQ(names(1, {"holi", ""}), std::vector<std::string>{"Holiday.PNG"});
  EXPECT_EQ(names(1, {"", "image/webp"}), std::vector<std::string>{"picture0.webp"});
  EXPECT_EQ(names(1, {"png", "image/"}).size(), 2U);
  EXPECT_TRUE(names(1, {"holi", "image/webp"}).empty());
  auto page = read_view{in}.stored_files(1, {"png", ""}, 1, 1);
  EXPECT_EQ(page.total, 2U);
  ASSERT_EQ(page.files.size(), 1U);
  EXPECT_EQ(page.files[0].facts.name, "Holiday.PNG");
}

TEST_F(StoredFilesTest, AFilterLooksAtABoundedNumberOfFiles) {
  put_saved(noon, "oldest.png");
  write([&](write_batch& batch) {
    for (std::uint64_t i = 0; i < filtered_files_max; ++i)
      batch.put_saved(saved(noon + 1s, "x.png"), "0123456789");
  });
  EXPECT_TRUE(names(1, {"oldest", ""}).empty());
  EXPECT_EQ(read_view{in}.stored_files(1, {}, filtered_files_max, 10).files[0].facts.name,
            "oldest.png");
}

TEST_F(StoredFilesTest, ANewNameIsOfTheFileAndNotOfItsJob) {
  auto job = put_job(noon, 1);
  auto kept = put_saved(noon + 1s, "a.png");
  write([&](write_batch& batch) {
    batch.rename_stored(*batch.stored(kept.id), "b.png");
    auto output = read_view{in}.file(job.id, 0)->result.id;
    batch.rename_stored(*batch.stored(output), "mine.webp");
  });
  EXPECT_EQ(names(1), (std::vector<std::string>{"b.png", "mine.webp"}));
  EXPECT_EQ(read_view{in}.file(job.id, 0)->target_name, "picture0.webp");
}

TEST_F(StoredFilesTest, AnErasedSavedFileLeavesNothing) {
  auto kept = put_saved(noon, "a.png");
  EXPECT_EQ(read_view{in}.totals(1).saved_bytes, 10U);
  EXPECT_EQ(read_view{in}.inline_output(kept.id), "0123456789");
  write([&](write_batch& batch) { batch.erase_stored(*batch.stored(kept.id)); });
  read_view view{in};
  EXPECT_FALSE(view.stored(kept.id));
  EXPECT_FALSE(view.inline_output(kept.id));
  EXPECT_EQ(view.totals(1), account_totals{});
  EXPECT_TRUE(view.doomed_files().empty());
}

TEST_F(StoredFilesTest, AnErasedOutputLeavesItsRecordAndGivesItsBytesBack) {
  auto job = put_job(noon, 2);
  auto output = read_view{in}.file(job.id, 0)->result.id;
  write([&](write_batch& batch) { batch.erase_stored(*batch.stored(output)); });
  read_view view{in};
  EXPECT_FALSE(view.stored(output));
  EXPECT_TRUE(view.file(job.id, 0)->result.erased);
  EXPECT_EQ(view.job(job.id)->output_bytes, 40U);
  EXPECT_GT(view.job(job.id)->change, job.change);
  EXPECT_EQ(names(1), std::vector<std::string>{"picture1.webp"});
  ASSERT_EQ(view.doomed_files().size(), 1U);
  EXPECT_EQ(view.doomed_files()[0].second->job, job.id);
  expect_totals_hold(1);
}

TEST_F(StoredFilesTest, TotalsAreWhatTheRecordsSayWhateverHappens) {
  std::mt19937 random{7};
  std::vector<job_id> jobs;
  for (int i = 0; i < 200; ++i) {
    auto account = random() % 2 + 1;
    auto at = noon + i * 1s;
    auto files = read_view{in}.stored_files(account, {}, 0, 100).files;
    switch (random() % 5) {
      case 0: put_saved(at, "a.png", account); break;
      case 1: jobs.push_back(put_job(at, random() % 4 + 1, account).id); break;
      case 2:
        if (!files.empty())
          write([&](write_batch& batch) {
            batch.erase_stored(*batch.stored(files[random() % files.size()].facts.id));
          });
        break;
      case 3:
        if (!jobs.empty())
          write([&](write_batch& batch) { batch.erase_bytes(jobs[random() % jobs.size()]); });
        break;
      default:
        if (!jobs.empty())
          write([&](write_batch& batch) { // as the pruner does
            auto id = jobs[random() % jobs.size()];
            batch.erase_bytes(id);
            batch.erase_records(id, 2);
          });
    }
    expect_totals_hold(1);
    expect_totals_hold(2);
  }
}

TEST_F(StoredFilesTest, OutputsOfAnEarlierVersionAreListedOnceTheyAreIndexed) {
  auto job = pending_job(noon, 1);
  job.state = job_state::completed;
  job.output_bytes = 40;
  write([&](write_batch& batch) {
    batch.put_file(job.id, completed_file(0, noon)); // without its job: not in the list
    batch.put_job(job);
  });
  EXPECT_TRUE(names(1).empty());
  index_outputs(in);
  index_outputs(in);
  EXPECT_EQ(names(1), std::vector<std::string>{"picture0.webp"});
  expect_totals_hold(1);
}

class SavedFilesTest : public testing::Test {
protected:
  owned_fd with(std::string_view bytes) const {
    auto fd = spool.nameless();
    EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return fd;
  }
  static std::string text_of(const owned_fd& fd) {
    std::string text(64, '\0');
    auto got = ::pread(fd.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }

  temp_dir dir;
  job_files spool{dir.path()};
  saved_files files{dir.path()};
  file_id id = mint<file_id>(noon);
};

TEST_F(SavedFilesTest, AFileIsFoundBeforeAndAfterItIsSettled) {
  files.keep(id, with("bytes").get());
  files.sync_new();
  EXPECT_EQ(files.unsettled(), std::vector{id});
  EXPECT_EQ(text_of(*files.open(id)), "bytes");
  files.settle(id);
  files.settle(id);
  EXPECT_TRUE(files.unsettled().empty());
  EXPECT_EQ(text_of(*files.open(id)), "bytes");
  files.remove(id);
  files.remove(id);
  EXPECT_FALSE(files.open(id));
}

TEST_F(SavedFilesTest, OneFileIsCutOutOfAnUpload) {
  upload both{spool};
  both.to_disk();
  both.append(std::string_view{"first"});
  EXPECT_EQ(text_of(both.cut_out(0, 5)), "first");
  both.append(std::string_view{"second"});
  EXPECT_EQ(text_of(both.cut_out(5, 6)), "second");
  EXPECT_EQ(text_of(both.cut_out(0, 5)), "first");
}

} // namespace
} // namespace convertd
