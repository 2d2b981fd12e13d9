// SPDX-License-Identifier: MIT
// LMDB, a B+-tree in a file that is mapped: for reads and ranges, in one transaction; the file is in memory and is
// never synchronised. Its keys are compared as numbers.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <lmdb.h>
#include <unistd.h>
#include "rows/sorted.h"

namespace bench
{

namespace
{

void must(int error, const char *what)
{
    if (error != MDB_SUCCESS) {
        std::fprintf(stderr, "lmdb: %s: %s\n", what, mdb_strerror(error));
        std::abort();
    }
}

class Lmdb
{
  public:
    static constexpr const char *name = "lmdb";
    using key = std::uint64_t;
    using probe = key;
    using map = Lmdb;
    using editor = Lmdb;

    Lmdb()
    {
        char path[] = "/dev/shm/stet-bench-XXXXXX";
        if (!mkdtemp(path))
            std::abort();
        must(mdb_env_create(&env_), "create");
        must(mdb_env_set_mapsize(env_, std::size_t(4) << 30), "mapsize");
        must(mdb_env_open(env_, path, MDB_NOSYNC | MDB_WRITEMAP, 0600), "open");
        std::filesystem::remove_all(path); // the mapping stays
        begin(0);
        must(mdb_dbi_open(txn_, nullptr, MDB_CREATE | MDB_INTEGERKEY, &dbi_), "dbi");
    }
    Lmdb(Lmdb &&other) noexcept
        : env_(std::exchange(other.env_, nullptr)), txn_(other.txn_), cursor_(std::exchange(other.cursor_, nullptr)),
          dbi_(other.dbi_)
    {
    }
    ~Lmdb()
    {
        if (!env_)
            return;
        if (cursor_)
            mdb_cursor_close(cursor_);
        mdb_txn_abort(txn_);
        mdb_env_close(env_);
    }

    static std::uint64_t get(const map &m, key probe)
    {
        MDB_val k = {sizeof probe, &probe}, v;
        return mdb_get(m.txn_, m.dbi_, &k, &v) == MDB_SUCCESS ? number(v) : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        MDB_val k, v;
        std::uint64_t total = 0;
        for (int error = mdb_cursor_get(m.cursor_, &k, &v, MDB_FIRST); error == MDB_SUCCESS;
             error = mdb_cursor_get(m.cursor_, &k, &v, MDB_NEXT))
            total += number(v);
        return total;
    }
    static std::uint64_t walk(const map &m, key from, std::size_t n)
    {
        MDB_val k = {sizeof from, &from}, v;
        std::uint64_t total = 0;
        for (int error = mdb_cursor_get(m.cursor_, &k, &v, MDB_SET_RANGE); error == MDB_SUCCESS && n-- > 0;
             error = mdb_cursor_get(m.cursor_, &k, &v, MDB_NEXT))
            total += number(v);
        return total;
    }
    static void put(editor &e, key key, std::uint64_t value)
    {
        MDB_val k = {sizeof key, &key}, v = {sizeof value, &value};
        must(mdb_put(e.txn_, e.dbi_, &k, &v, 0), "put");
    }
    static map freeze(editor &&e)
    {
        must(mdb_txn_commit(e.txn_), "commit");
        e.begin(MDB_RDONLY);
        must(mdb_cursor_open(e.txn_, e.dbi_, &e.cursor_), "cursor");
        return std::move(e);
    }

  private:
    void begin(unsigned flags) { must(mdb_txn_begin(env_, nullptr, flags, &txn_), "begin"); }
    static std::uint64_t number(const MDB_val &v)
    {
        std::uint64_t value;
        std::memcpy(&value, v.mv_data, sizeof value);
        return value;
    }

    MDB_env *env_ = nullptr;
    MDB_txn *txn_ = nullptr;
    MDB_cursor *cursor_ = nullptr;
    MDB_dbi dbi_ = 0;
};

} // namespace

void add_lmdb_sorted(Rows &rows)
{
    SortedAdder<Lmdb> lmdb(rows, "sorted");
    lmdb.reads().iteration();
    lmdb.seeks();
}

} // namespace bench
