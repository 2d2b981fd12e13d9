/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump.c - contents as text, for debugging: numbers, quoted strings, and the bytes of elements of which no more
 * is known.
 */
#include <stet/inspect.h>
#include <stet/str.h>

#include <inttypes.h>

#define TEXT_MAX 64  /* the bytes of a string that are written */
#define BYTES_MAX 16 /* the bytes of another element that are written */

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

static void dump_element(const struct stet_type *t, const void *element, FILE *out)
{
    if ((t->flags & STET_STRING) != 0)
        dump_text(element, out);
    else if ((t->flags & STET_COLLECTION_) != 0)
        fputs("...", out);
    else if ((t->flags & STET_ORDER_NUMBER_) != 0)
        dump_number(t, element, out);
    else
        dump_bytes(t, element, out);
}

bool stet_dump_entry_(void *dump, const void *key, const void *value)
{
    struct stet_dump_ *d = dump;
    if (d->written == d->most)
        return false;
    if (d->written++ != 0)
        fputs(", ", d->out);
    dump_element(d->key, key, d->out);
    if (value == NULL || d->value == NULL || d->value->size == 0)
        return true;
    fputs(": ", d->out);
    dump_element(d->value, value, d->out);
    return true;
}

bool stet_dump_element_(void *dump, const void *element) { return stet_dump_entry_(dump, element, NULL); }

void stet_dump_end_(const struct stet_dump_ *d, size_t size)
{
    if (d->written < size)
        fprintf(d->out, "%s%zu more", d->written != 0 ? ", ... " : "... ", size - d->written);
    fputs("\n", d->out);
}
