/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump.c - contents as text, for debugging: numbers, quoted strings, collections in collections, and the bytes
 * of elements of which no more is known.
 */
#include <stet/impl/list_body.h>
#include <stet/impl/map_body.h>
#include <stet/impl/sorted.h>
#include <stet/inspect.h>
#include <stet/str.h>

#include <inttypes.h>

#define TEXT_MAX 64   /* the bytes of a string that are written */
#define BYTES_MAX 16  /* the bytes of another element that are written */
#define NESTED_MOST 8 /* the entries of a collection in a collection that are written */
#define DEPTH_MAX 3   /* how deep collections in collections are written */

static void dump_text(const stet_str *s, FILE *out)
{
    size_t n = stet_str_size(s), shown = n < TEXT_MAX ? n : TEXT_MAX;
    fputc('"', out);
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)stet_str_bytes(s)[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out); /* UTF-8 stays as it is */
    }
    fprintf(out, shown < n ? "\"... of %zu" : "\"", n);
}

static void dump_number(const struct stet_type *t, const void *element, FILE *out)
{
    uint64_t bits = 0;
    memcpy((char *)&bits + (STET_LITTLE_ENDIAN_ ? 0 : sizeof bits - t->size), element, t->size);
    unsigned above = 64 - 8 * t->size;
    if ((t->flags & STET_ORDER_FLOAT_) != 0) {
        double number;
        float narrow;
        memcpy(&number, &bits, sizeof number);
        memcpy(&narrow, element, sizeof narrow);
        fprintf(out, "%.*g", t->size == 8 ? 17 : 9, t->size == 8 ? number : (double)narrow);
    } else if ((t->flags & STET_ORDER_SIGNED_) != 0) {
        fprintf(out, "%" PRId64, (int64_t)(bits << above) >> above);
    } else {
        fprintf(out, "%" PRIu64, bits);
    }
}

static void dump_bytes(const struct stet_type *t, const unsigned char *bytes, FILE *out)
{
    fputc('<', out);
    for (uint32_t i = 0; i < t->size && i < BYTES_MAX; i++)
        fprintf(out, "%02x", bytes[i]);
    fputs(t->size > BYTES_MAX ? "...>" : ">", out);
}

/* A line that is being written. */
struct dump {
    const struct stet_type *key, *value; /* value: NULL or of size 0: there are none */
    size_t most, written;
    unsigned depth; /* collections around these entries */
    FILE *out;
};

STET_NONNULL_(1, 2)
static void dump_element(const struct stet_type *t, const void *element, unsigned depth, FILE *out);

/* Writes an entry. Returns false, and writes nothing, if `most` are written already. */
static bool dump_entry(void *dump, const void *key, const void *value)
{
    struct dump *d = dump;
    if (d->written == d->most)
        return false;
    if (d->written++ != 0)
        fputs(", ", d->out);
    dump_element(d->key, key, d->depth, d->out);
    if (value != NULL && d->value != NULL && d->value->size != 0) {
        fputs(": ", d->out);
        dump_element(d->value, value, d->depth, d->out);
    }
    return true;
}

/* Writes the entries, at most `most`. */
static void dump_entries(const struct stet_type *t, const void *handle, size_t most, unsigned depth, FILE *out)
{
    struct dump d = {.most = most, .depth = depth, .out = out};
    size_t size;
    if ((t->flags & STET_KIND_map_) != 0) {
        const struct stet_map_type *map = t->engine();
        d.key = map->key;
        d.value = map->value;
        size = stet_map_size_(handle);
        (void)stet_map_each_(map, handle, dump_entry, &d);
    } else {
        const struct stet_tree_type *tree = t->engine();
        d.key = tree->element;
        d.value = tree->value;
        size = (t->flags & STET_KIND_list_) != 0 ? stet_list_size_(handle) : stet_sorted_size_(handle);
        if ((t->flags & STET_KIND_sorted_) != 0)
            (void)stet_sorted_each_(tree, handle, dump_entry, &d);
        else
            for (size_t i = 0; i < size && dump_entry(&d, stet_list_at_(tree, handle, i), NULL); i++)
                ;
    }
    if (d.written < size)
        fprintf(out, "%s%zu more", d.written != 0 ? ", ... " : "... ", size - d.written);
}

static void dump_element(const struct stet_type *t, const void *element, unsigned depth, FILE *out)
{
    bool is_list = (t->flags & STET_KIND_list_) != 0;
    if ((t->flags & STET_STRING) != 0) {
        dump_text(element, out);
    } else if ((t->flags & STET_COLLECTION_) != 0 && depth < DEPTH_MAX) {
        fputc(is_list ? '[' : '{', out);
        dump_entries(t, element, NESTED_MOST, depth + 1, out);
        fputc(is_list ? ']' : '}', out);
    } else if ((t->flags & STET_COLLECTION_) != 0) {
        fputs("...", out);
    } else if ((t->flags & STET_ORDER_NUMBER_) != 0) {
        dump_number(t, element, out);
    } else {
        dump_bytes(t, element, out);
    }
}

void stet_dump_(const struct stet_type *t, const void *handle, size_t most, FILE *out)
{
    dump_entries(t, handle, most, 0, out);
    fputs("\n", out);
}
