/*
 * What plain C does with LMDB for the work of the ledger's append: the yardstick of the bench.
 *
 * It does the storage work only. No decoding, no hashing, no checksum, no queue, no thread: the
 * difference to the ledger's own figure, taken in the same run with the same records, is the price
 * of everything that the ledger does beside storing.
 *
 * Build:  cc -O2 clmdb.c -llmdb -o clmdb
 * Usage:  clmdb append RECORDS FOLDER BATCH COUNT BUDGETS HOLD
 *         clmdb scan FOLDER
 *
 * RECORDS holds, for every record: the length of what follows as u32 little endian; then a 16-byte
 * id; the client's index as u32 little endian; and the value, at least 16 bytes, up to that length.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    ID_BYTES = 16,
    DIGEST_BYTES = 16,
    BALANCE_BYTES = 48,
    HEAD_BYTES = ID_BYTES + 4,
    LEAST_RECORD = HEAD_BYTES + DIGEST_BYTES,
    GREATEST_CLIENT = 1 << 20,
    GREATEST_BATCH = 1 << 16,
    GREATEST_BUDGETS = 16,
    GREATEST_HOLD = 480,
    PERIOD = 1, /* one period is enough: a batch writes each client's balances once anyway */
};

static const size_t MAP_BYTES = (size_t)64 << 30;

static const char *HELP =
    "clmdb: the storage work of the ledger's append in plain C, to compare with.\n"
    "\n"
    "  clmdb append RECORDS FOLDER BATCH COUNT BUDGETS HOLD\n"
    "      COUNT records in durable transactions of BATCH, with BUDGETS balances for each client;\n"
    "      HOLD above 0: each record's hold of so many bytes is put in a durable transaction\n"
    "      before, and deleted in the record's own\n"
    "  clmdb scan FOLDER\n"
    "      reads the whole log once, summing its bytes\n"
    "\n"
    "RECORDS: per record u32 LE length of the rest, 16-byte id, u32 LE client index, value.\n"
    "FOLDER is made when it is missing; append wants it without a log.\n"
    "\n"
    "examples:\n"
    "  clmdb append records.bin store 64 1000000 2 0\n"
    "  clmdb scan store\n";

__attribute__((noreturn, format(printf, 2, 3)))
static void stop(int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("clmdb: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(code);
}

static void check(int result, const char *what)
{
    if (result == MDB_MAP_FULL)
        stop(1, "%s: the map of 64 GiB is full; use fewer records.", what);
    if (result != 0)
        stop(1, "%s: %s; check the folder and the space left.", what, mdb_strerror(result));
}

static uint32_t little32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Keys are big endian, so that LMDB's byte order is the numbers' order. */
static void big32(uint8_t *at, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

static void big64(uint8_t *at, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t number(const char *text, const char *name, uint64_t greatest)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value == 0 || value > greatest)
        stop(2, "%s is '%s', expected a whole number from 1 to %" PRIu64 ".", name, text, greatest);
    return value;
}

/* ---------------------------------------------------------------------------------------------- */

struct records {
    const uint8_t *bytes;
    size_t size;
    uint32_t clients; /* the greatest index plus one */
};

/* Maps the records and walks them once: a fault shows up before anything is written, and the
 * pages are in memory when the clock starts. */
static struct records open_records(const char *path, uint64_t count)
{
    int file = open(path, O_RDONLY);
    struct stat state;
    if (file < 0 || fstat(file, &state) != 0)
        stop(1, "cannot read %s: %s; check the path.", path, strerror(errno));
    struct records records = {.size = (size_t)state.st_size};
    if (records.size == 0)
        stop(1, "%s is empty; write the records first.", path);
    void *bytes = mmap(NULL, records.size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        stop(1, "cannot map %s: %s; name a file.", path, strerror(errno));
    close(file);
    records.bytes = bytes;

    size_t at = 0;
    uint8_t touched = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (at == records.size)
            stop(1, "%s has only %" PRIu64 " records; ask for no more.", path, i);
        if (records.size - at < 4)
            stop(1, "%s is cut off at byte %zu; write it again.", path, at);
        uint32_t length = little32(records.bytes + at);
        if (length < LEAST_RECORD || length > records.size - at - 4)
            stop(1, "%s: the record at byte %zu has length %" PRIu32 "; it is cut off, or has "
                    "less than %d bytes.", path, at, length, LEAST_RECORD);
        uint32_t client = little32(records.bytes + at + 4 + ID_BYTES);
        if (client >= GREATEST_CLIENT)
            stop(1, "%s: the record at byte %zu has client %" PRIu32 "; the greatest is %d.",
                 path, at, client, GREATEST_CLIENT - 1);
        if (client >= records.clients)
            records.clients = client + 1;
        touched ^= records.bytes[at + 3 + length];
        at += 4 + (size_t)length;
    }
    volatile uint8_t sink = touched;
    (void)sink;
    return records;
}

static MDB_env *open_store(const char *folder, unsigned flags)
{
    MDB_env *env;
    check(mdb_env_create(&env), "cannot make an environment");
    check(mdb_env_set_mapsize(env, MAP_BYTES), "cannot reserve the map");
    check(mdb_env_set_maxdbs(env, 8), "cannot set the number of tables");
    /* Durability stays LMDB's default: no NOSYNC, no NOMETASYNC, no WRITEMAP, as in the ledger. */
    check(mdb_env_open(env, folder, MDB_NOTLS | flags, 0644), folder);
    return env;
}

/* A client's sums, written once a transaction for each of its budgets. */
struct balance { uint64_t calls, bytes, round; };

struct ledger {
    MDB_env *env;
    MDB_dbi log, ids, balances, holds;
    struct balance *sums;
    uint32_t *touched;
    size_t distinct;
    uint64_t round, budgets;
};

static void touch(struct ledger *ledger, uint32_t client, size_t size)
{
    struct balance *sum = &ledger->sums[client];
    if (sum->round != ledger->round) {
        sum->round = ledger->round;
        ledger->touched[ledger->distinct++] = client;
    }
    sum->calls++;
    sum->bytes += size;
}

static MDB_txn *begin(struct ledger *ledger)
{
    MDB_txn *txn;
    check(mdb_txn_begin(ledger->env, NULL, 0, &txn), "cannot begin");
    ledger->round++;
    ledger->distinct = 0;
    return txn;
}

/* Balances are counted in memory, as the ledger does, and written once a batch. */
static void commit(struct ledger *ledger, MDB_txn *txn)
{
    for (size_t i = 0; i < ledger->distinct; i++) {
        struct balance *sum = &ledger->sums[ledger->touched[i]];
        for (uint64_t budget = 0; budget < ledger->budgets; budget++) {
            uint8_t key[12];
            big32(key, ledger->touched[i]);
            big32(key + 4, (uint32_t)budget);
            big32(key + 8, PERIOD);
            uint8_t balance[BALANCE_BYTES] = {0};
            big64(balance, sum->calls);
            big64(balance + 8, sum->bytes);
            big64(balance + 16, ledger->round);
            MDB_val balance_key = {sizeof key, key};
            MDB_val balance_value = {sizeof balance, balance};
            check(mdb_put(txn, ledger->balances, &balance_key, &balance_value, 0),
                  "cannot put a balance");
        }
    }
    check(mdb_txn_commit(txn), "cannot commit");
}

/* The name of a record's hold: as ordered in time as the record's own id. */
static void name_hold(uint8_t *name, const uint8_t *id)
{
    memcpy(name, id, ID_BYTES);
    name[ID_BYTES - 1] ^= 0x55;
}

/* Puts the holds of the records of one batch, in a transaction of their own. */
static void hold(struct ledger *ledger, const uint8_t *at, uint64_t count, size_t size)
{
    static uint8_t content[GREATEST_HOLD];
    MDB_txn *txn = begin(ledger);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t name[ID_BYTES];
        name_hold(name, at + 4);
        MDB_val key = {ID_BYTES, name};
        MDB_val value = {size, content};
        check(mdb_put(txn, ledger->holds, &key, &value, MDB_NOOVERWRITE), "cannot put a hold");
        touch(ledger, little32(at + 4 + ID_BYTES), size);
        at += 4 + (size_t)little32(at);
    }
    commit(ledger, txn);
}

static void append(
    const char *path, const char *folder, uint64_t batch, uint64_t count, uint64_t budgets,
    uint64_t hold_bytes)
{
    struct records records = open_records(path, count);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        stop(1, "cannot make %s: %s; check the path.", folder, strerror(errno));
    struct ledger ledger = {.env = open_store(folder, 0), .budgets = budgets};
    MDB_txn *txn;
    check(mdb_txn_begin(ledger.env, NULL, 0, &txn), "cannot begin");
    check(mdb_dbi_open(txn, "log", MDB_CREATE, &ledger.log), "cannot open the table log");
    check(mdb_dbi_open(txn, "ids", MDB_CREATE, &ledger.ids), "cannot open the table ids");
    check(mdb_dbi_open(txn, "balances", MDB_CREATE, &ledger.balances),
          "cannot open the table balances");
    check(mdb_dbi_open(txn, "holds", MDB_CREATE, &ledger.holds), "cannot open the table holds");
    MDB_stat stat;
    check(mdb_stat(txn, ledger.log, &stat), "cannot read the table log");
    if (stat.ms_entries != 0)
        stop(1, "%s already holds a log; name a new folder.", folder);
    check(mdb_txn_commit(txn), "cannot commit");

    ledger.sums = calloc(records.clients, sizeof *ledger.sums);
    ledger.touched = malloc(batch * sizeof *ledger.touched);
    if (!ledger.sums || !ledger.touched)
        stop(1, "not enough memory for %" PRIu32 " clients.", records.clients);

    const uint8_t *at = records.bytes;
    uint64_t sequence = 0;
    double start = now();
    while (sequence < count) {
        uint64_t end = count - sequence < batch ? count : sequence + batch;
        if (hold_bytes > 0)
            hold(&ledger, at, end - sequence, hold_bytes);
        txn = begin(&ledger);
        while (sequence < end) {
            uint32_t length = little32(at);
            const uint8_t *id = at + 4;
            const uint8_t *content = id + HEAD_BYTES;
            size_t size = length - HEAD_BYTES;
            sequence++;

            uint8_t key[8];
            big64(key, sequence);
            MDB_val log_key = {sizeof key, key};
            MDB_val log_value = {size, (void *)content};
            check(mdb_put(txn, ledger.log, &log_key, &log_value, MDB_APPEND), "cannot append");

            uint8_t entry[8 + DIGEST_BYTES];
            memcpy(entry, key, sizeof key);
            memcpy(entry + sizeof key, content, DIGEST_BYTES);
            MDB_val id_key = {ID_BYTES, (void *)id};
            MDB_val id_value = {sizeof entry, entry};
            int result = mdb_put(txn, ledger.ids, &id_key, &id_value, MDB_NOOVERWRITE);
            if (result == MDB_KEYEXIST)
                stop(1, "record %" PRIu64 " of %s has an id that was there before; give each "
                        "record its own.", sequence, path);
            check(result, "cannot put an id");

            if (hold_bytes > 0) {
                uint8_t name[ID_BYTES];
                name_hold(name, id);
                MDB_val name_key = {ID_BYTES, name};
                check(mdb_del(txn, ledger.holds, &name_key, NULL), "cannot delete a hold");
            }
            touch(&ledger, little32(id + ID_BYTES), size);
            at += 4 + (size_t)length;
        }
        commit(&ledger, txn);
    }
    double seconds = now() - start;
    printf("clmdb batch=%" PRIu64 " events=%" PRIu64 " seconds=%.3f events_per_second=%.0f\n",
           batch, count, seconds, (double)count / seconds);
    mdb_env_close(ledger.env);
    free(ledger.sums);
    free(ledger.touched);
    munmap((void *)records.bytes, records.size);
}

static void scan(const char *folder)
{
    MDB_env *env = open_store(folder, MDB_RDONLY);
    MDB_txn *txn;
    MDB_dbi log;
    MDB_cursor *cursor;
    check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "cannot begin");
    int result = mdb_dbi_open(txn, "log", 0, &log);
    if (result == MDB_NOTFOUND)
        stop(1, "%s holds no log; run append first.", folder);
    check(result, "cannot open the table log");
    check(mdb_cursor_open(txn, log, &cursor), "cannot open a cursor");

    MDB_val key, value;
    uint64_t events = 0, bytes = 0, sum = 0;
    double start = now();
    while ((result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        /* Each value is really read, byte by byte, as a fold would: its length alone would only
         * walk the tree. */
        const uint8_t *at = value.mv_data;
        for (size_t i = 0; i < value.mv_size; i++)
            sum += at[i];
        bytes += value.mv_size;
        events++;
    }
    double seconds = now() - start;
    if (result != MDB_NOTFOUND)
        check(result, "cannot read on");
    printf("clmdb scan events=%" PRIu64 " bytes=%" PRIu64 " sum=%" PRIu64
           " seconds=%.3f events_per_second=%.0f\n",
           events, bytes, sum, seconds, (double)events / seconds);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    mdb_env_close(env);
}

int main(int count, char **words)
{
    if (count == 2 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0)) {
        fputs(HELP, stdout);
        return 0;
    }
    if (count == 8 && strcmp(words[1], "append") == 0) {
        append(words[2], words[3], number(words[4], "BATCH", GREATEST_BATCH),
               number(words[5], "COUNT", UINT32_MAX),
               number(words[6], "BUDGETS", GREATEST_BUDGETS),
               strcmp(words[7], "0") == 0 ? 0 : number(words[7], "HOLD", GREATEST_HOLD));
        return 0;
    }
    if (count == 3 && strcmp(words[1], "scan") == 0) {
        scan(words[2]);
        return 0;
    }
    stop(2, "expected 'append RECORDS FOLDER BATCH COUNT BUDGETS HOLD' or 'scan FOLDER'; see clmdb --help.");
}
