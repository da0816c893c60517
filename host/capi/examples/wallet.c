/*
 * wallet: what an app does with its keys, over the C library. It speaks the command line's
 * syntax, answers in JSON, and exits as `touchseal` does.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <touchseal.h>

enum { DONE = 0, REFUSED = 1, MISUSED = 2, NOT_REACHED = 3 };

/* What was given on the command line; NULL and false where it was not. */
struct options {
    const char *scene, *amount, *currency, *payee, *order, *nonce, *challenge;
    const char *out, *ask, *auth_key;
    bool replace, soter;
    const char *calls; /* of bench */
};

/* Prints a text as the inside of a JSON string. */
static void print_escaped(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
}

static void print_field(const char *name, const char *value)
{
    printf("\"%s\": \"", name);
    print_escaped(value);
    putchar('"');
}

static void print_hex(FILE *file, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%02x", bytes[i]);
}

/* Something outside the library cannot be used. */
static int misused(const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    fprintf(stderr, "wallet: %s\n", message);
    printf("{\"error\": {");
    print_field("message", message);
    printf(", \"cause\": null}}\n");
    return MISUSED;
}

/* Tells what the library was answered. */
static int failed(const struct options *options, touchseal_status status)
{
    const char *remedy = options->soter ? touchseal_soter_status_remedy(status)
                                        : touchseal_status_remedy(status);
    fprintf(stderr, "wallet: %s\n", touchseal_last_error());
    printf("{\"error\": {");
    print_field("message", touchseal_last_error());
    printf(", \"cause\": {");
    print_field("name", touchseal_status_name(status));
    printf(", \"number\": %u, ", (unsigned)status);
    print_field("sentence", touchseal_status_sentence(status));
    printf(", ");
    print_field("remedy", remedy);
    printf("}}}\n");
    if (status == TOUCHSEAL_BAD_ARGUMENT)
        return MISUSED;
    return status >= TOUCHSEAL_DRIVER_MISSING ? NOT_REACHED : REFUSED;
}

/* A file for what is signed, open before it is: a signature without a place is lost. */
struct out_file {
    FILE *file;
    const char *path;
    bool is_new;
};

static bool open_out(struct out_file *out, const char *path)
{
    FILE *there = fopen(path, "rb");
    out->path = path;
    out->is_new = there == NULL;
    if (there != NULL)
        fclose(there);
    out->file = fopen(path, "ab");
    return out->file != NULL;
}

/* Begins the file's new content. */
static bool begin_out(struct out_file *out)
{
    out->file = freopen(out->path, "wb", out->file);
    return out->file != NULL;
}

static int end_out(struct out_file *out)
{
    bool written = !ferror(out->file);
    if (fclose(out->file) != 0 || !written)
        return misused("cannot write %s: %s", out->path, strerror(errno));
    return DONE;
}

/* A failure leaves no empty file. */
static void give_up(struct out_file *out)
{
    fclose(out->file);
    if (out->is_new)
        remove(out->path);
}

static int cannot_write(const char *path)
{
    return misused("cannot write %s: %s", path, strerror(errno));
}

static bool show(void *user, touchseal_prompt prompt)
{
    (void)user;
    fprintf(stderr, "wallet: %s\n",
            prompt == TOUCHSEAL_PROMPT_LIFT ? "lift the finger" : "put the finger on the sensor");
    return true;
}

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

static bool parse_nonce(const char *text, uint8_t nonce[TOUCHSEAL_NONCE_SIZE])
{
    if (strlen(text) != 2 * TOUCHSEAL_NONCE_SIZE ||
        strspn(text, "0123456789abcdefABCDEF") != 2 * TOUCHSEAL_NONCE_SIZE)
        return false;
    for (size_t i = 0; i < TOUCHSEAL_NONCE_SIZE; i++) {
        char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };
        nonce[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return true;
}

/* A statement and its signature, as backends read them. */
static void print_signed(FILE *file, const char *indent, const uint8_t *statement, size_t size,
                         const uint8_t *signature)
{
    fprintf(file, "{\n%s  \"statement\": \"", indent);
    print_hex(file, statement, size);
    fprintf(file, "\",\n%s  \"signature\": \"", indent);
    print_hex(file, signature, TOUCHSEAL_SIGNATURE_SIZE);
    fprintf(file, "\"\n%s}", indent);
}

static int make_app_key(touchseal_session *session, const struct options *options)
{
    bool made;
    touchseal_status status = touchseal_make_app_key(session, options->replace, &made);
    if (status != TOUCHSEAL_OK)
        return failed(options, status);
    printf("{\"new\": %s}\n", made ? "true" : "false");
    return DONE;
}

static int make_payment_key(touchseal_session *session, const struct options *options)
{
    bool made;
    touchseal_status status =
        touchseal_make_payment_key(session, options->scene, options->replace, &made);
    if (status != TOUCHSEAL_OK)
        return failed(options, status);
    printf("{\"new\": %s}\n", made ? "true" : "false");
    return DONE;
}

static const char *word(touchseal_key_state state)
{
    switch (state) {
    case TOUCHSEAL_KEY_STATE_USABLE:
        return "usable";
    case TOUCHSEAL_KEY_STATE_INVALIDATED:
        return "invalidated";
    default:
        return "none";
    }
}

static int by_scene(const void *a, const void *b)
{
    return strcmp(((const touchseal_listed_key *)a)->scene,
                  ((const touchseal_listed_key *)b)->scene);
}

static int list_keys(touchseal_session *session, const struct options *options)
{
    touchseal_key_state app_key;
    touchseal_listed_key keys[TOUCHSEAL_MAX_PAYMENT_KEYS];
    size_t count;
    touchseal_status status = touchseal_find_app_key(session, &app_key);
    if (status == TOUCHSEAL_OK)
        status = touchseal_list_payment_keys(session, keys, TOUCHSEAL_MAX_PAYMENT_KEYS, &count);
    if (status != TOUCHSEAL_OK)
        return failed(options, status);
    qsort(keys, count, sizeof keys[0], by_scene);
    printf("{\"app_key\": \"%s\", \"payment_keys\": [", word(app_key));
    for (size_t i = 0; i < count; i++) {
        printf("%s{", i == 0 ? "" : ", ");
        print_field("scene", keys[i].scene);
        printf(", \"state\": \"%s\"}", word(keys[i].state));
    }
    printf("]}\n");
    return DONE;
}

static int remove_key(touchseal_session *session, const struct options *options)
{
    touchseal_status status = touchseal_remove_payment_key(session, options->scene);
    if (status != TOUCHSEAL_OK)
        return failed(options, status);
    printf("{\"removed\": true}\n");
    return DONE;
}

static int remove_app(touchseal_session *session, const struct options *options)
{
    touchseal_status status = touchseal_remove_app_keys(session);
    if (status != TOUCHSEAL_OK)
        return failed(options, status);
    printf("{\"removed\": true}\n");
    return DONE;
}

static int export_device_key(touchseal_session *session, const struct options *options)
{
    touchseal_device_key key;
    touchseal_status status = touchseal_export_device_key(session, &key);
    struct out_file out;
    if (status != TOUCHSEAL_OK)
        return failed(options, status);
    if (!open_out(&out, options->out) || !begin_out(&out))
        return cannot_write(options->out);
    print_hex(out.file, key.public_key, sizeof key.public_key);
    fputc('\n', out.file);
    if (end_out(&out) != DONE)
        return MISUSED;
    printf("{\"device_id\": \"");
    print_hex(stdout, key.device_id, sizeof key.device_id);
    printf("\", \"public_key\": \"");
    print_hex(stdout, key.public_key, sizeof key.public_key);
    printf("\"}\n");
    return DONE;
}

static int export_chain(touchseal_session *session, const struct options *options)
{
    touchseal_signed_key app_key, payment_key;
    touchseal_status status;
    struct out_file out;
    if (!open_out(&out, options->out))
        return cannot_write(options->out);
    status = touchseal_export_app_key(session, &app_key);
    if (status == TOUCHSEAL_OK)
        status = touchseal_export_payment_key(session, options->scene, &payment_key);
    if (status != TOUCHSEAL_OK) {
        give_up(&out);
        return failed(options, status);
    }
    if (!begin_out(&out))
        return cannot_write(options->out);
    fprintf(out.file, "{\n  \"app_key\": ");
    print_signed(out.file, "  ", app_key.statement, sizeof app_key.statement, app_key.signature);
    fprintf(out.file, ",\n  \"payment_key\": ");
    print_signed(out.file, "  ", payment_key.statement, sizeof payment_key.statement,
                 payment_key.signature);
    fprintf(out.file, "\n}\n");
    if (end_out(&out) != DONE)
        return MISUSED;
    printf("{");
    print_field("chain", options->out);
    printf("}\n");
    return DONE;
}

static int pay(touchseal_session *session, const struct options *options)
{
    touchseal_payment payment = { 0 };
    touchseal_signed_payment paid;
    touchseal_status status;
    struct out_file out;
    payment.currency = options->currency;
    payment.payee = options->payee;
    payment.order = options->order;
    if (!parse_number(options->amount, &payment.amount))
        return misused("--amount %s: it is not a number of minor units", options->amount);
    if (!parse_nonce(options->nonce, payment.nonce))
        return misused("--nonce: it is not 64 hexadecimal digits");
    if (!open_out(&out, options->out))
        return cannot_write(options->out);
    status = touchseal_pay(session, options->scene, &payment, show, NULL, &paid);
    if (status != TOUCHSEAL_OK) {
        give_up(&out);
        return failed(options, status);
    }
    if (!begin_out(&out))
        return cannot_write(options->out);
    print_signed(out.file, "", paid.statement, sizeof paid.statement, paid.signature);
    fputc('\n', out.file);
    if (end_out(&out) != DONE)
        return MISUSED;
    printf("{");
    print_field("payment", options->out);
    printf("}\n");
    return DONE;
}

/* One session, many calls: what a call costs. */
static int bench(touchseal_session *session, const struct options *options)
{
    struct timespec start, end;
    touchseal_key_state state;
    uint64_t calls;
    if (!parse_number(options->calls, &calls))
        return misused("bench %s: it is not a number of calls", options->calls);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (uint64_t i = 0; i < calls; i++) {
        touchseal_status status = touchseal_find_app_key(session, &state);
        if (status != TOUCHSEAL_OK)
            return failed(options, status);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("{\"calls\": %" PRIu64 ", \"nanoseconds\": %" PRId64 "}\n", calls,
           (int64_t)(end.tv_sec - start.tv_sec) * 1000000000 + (end.tv_nsec - start.tv_nsec));
    return DONE;
}

static int soter_export_device_key(touchseal_session *session, const struct options *options)
{
    touchseal_soter_device_key key;
    touchseal_status status = touchseal_soter_export_device_key(session, &key);
    struct out_file out;
    if (status != TOUCHSEAL_OK)
        return failed(options, status);
    if (!open_out(&out, options->out) || !begin_out(&out))
        return cannot_write(options->out);
    fputs(key.pem, out.file);
    if (end_out(&out) != DONE)
        return MISUSED;
    printf("{");
    print_field("cpu_id", key.cpu_id);
    printf("}\n");
    return DONE;
}

static int soter_export(touchseal_session *session, const struct options *options)
{
    uint8_t ask[TOUCHSEAL_SOTER_BLOB_SIZE], auth_key[TOUCHSEAL_SOTER_BLOB_SIZE];
    size_t ask_length, auth_key_length;
    touchseal_status status;
    struct out_file ask_out, auth_key_out;
    if (!open_out(&ask_out, options->ask))
        return cannot_write(options->ask);
    if (!open_out(&auth_key_out, options->auth_key)) {
        give_up(&ask_out);
        return cannot_write(options->auth_key);
    }
    status = touchseal_soter_export_app_key(session, ask, sizeof ask, &ask_length);
    if (status == TOUCHSEAL_OK)
        status = touchseal_soter_export_payment_key(session, options->scene, auth_key,
                                                    sizeof auth_key, &auth_key_length);
    if (status != TOUCHSEAL_OK) {
        give_up(&ask_out);
        give_up(&auth_key_out);
        return failed(options, status);
    }
    if (!begin_out(&ask_out))
        return cannot_write(options->ask);
    if (!begin_out(&auth_key_out))
        return cannot_write(options->auth_key);
    fwrite(ask, 1, ask_length, ask_out.file);
    fwrite(auth_key, 1, auth_key_length, auth_key_out.file);
    if (end_out(&ask_out) != DONE || end_out(&auth_key_out) != DONE)
        return MISUSED;
    printf("{");
    print_field("ask", options->ask);
    printf(", ");
    print_field("auth_key", options->auth_key);
    printf("}\n");
    return DONE;
}

static int soter_sign(touchseal_session *session, const struct options *options)
{
    uint8_t blob[TOUCHSEAL_SOTER_BLOB_SIZE];
    size_t length;
    touchseal_status status;
    struct out_file out;
    if (!open_out(&out, options->out))
        return cannot_write(options->out);
    status = touchseal_soter_sign(session, options->scene, options->challenge, show, NULL, blob,
                                  sizeof blob, &length);
    if (status != TOUCHSEAL_OK) {
        give_up(&out);
        return failed(options, status);
    }
    if (!begin_out(&out))
        return cannot_write(options->out);
    fwrite(blob, 1, length, out.file);
    if (end_out(&out) != DONE)
        return MISUSED;
    printf("{");
    print_field("signature", options->out);
    printf("}\n");
    return DONE;
}

/* What a command is called, and which options it cannot do without. */
struct command {
    const char *name;
    bool soter, native;
    const char *needs;
    int (*run)(touchseal_session *session, const struct options *options);
};

static const struct command commands[] = {
    { "app-key", true, true, "", make_app_key },
    { "payment-key", true, true, "s", make_payment_key },
    { "keys", true, true, "", list_keys },
    { "remove-key", true, true, "s", remove_key },
    { "remove-app", true, true, "", remove_app },
    { "device-key", false, true, "f", export_device_key },
    { "chain", false, true, "sf", export_chain },
    { "pay", false, true, "sacponf", pay },
    { "bench", false, true, "b", bench },
    { "device-key", true, false, "f", soter_export_device_key },
    { "export", true, false, "skt", soter_export },
    { "sign", true, false, "shf", soter_sign },
};

static const struct option long_options[] = {
    { "scene", required_argument, NULL, 's' },    { "amount", required_argument, NULL, 'a' },
    { "currency", required_argument, NULL, 'c' }, { "payee", required_argument, NULL, 'p' },
    { "order", required_argument, NULL, 'o' },    { "nonce", required_argument, NULL, 'n' },
    { "challenge", required_argument, NULL, 'h' }, { "out", required_argument, NULL, 'f' },
    { "ask", required_argument, NULL, 'k' },      { "auth-key", required_argument, NULL, 't' },
    { "replace", no_argument, NULL, 'r' },        { "json", no_argument, NULL, 'j' },
    { NULL, 0, NULL, 0 },
};

/* Where the value of an option goes. */
static const char **place(struct options *options, int option)
{
    switch (option) {
    case 's': return &options->scene;
    case 'a': return &options->amount;
    case 'c': return &options->currency;
    case 'p': return &options->payee;
    case 'o': return &options->order;
    case 'n': return &options->nonce;
    case 'h': return &options->challenge;
    case 'f': return &options->out;
    case 'k': return &options->ask;
    case 't': return &options->auth_key;
    case 'b': return &options->calls;
    default: return NULL;
    }
}

static const char *name_of(int option)
{
    for (size_t i = 0; long_options[i].name != NULL; i++)
        if (long_options[i].val == option)
            return long_options[i].name;
    return "a number of calls";
}

int main(int argc, char **argv)
{
    struct options options = { 0 };
    const struct command *command = NULL;
    const char *name;
    touchseal_session *session = NULL;
    touchseal_status status;
    int option, outcome;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == '?')
            return misused("%s: no such option, or one without its value", argv[optind - 1]);
        if (option == 'r')
            options.replace = true;
        else if (option != 'j')
            *place(&options, option) = optarg;
    }
    if (optind < argc && strcmp(argv[optind], "soter") == 0) {
        options.soter = true;
        optind++;
    }
    name = optind < argc ? argv[optind++] : "";
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if ((options.soter ? commands[i].soter : commands[i].native) &&
            strcmp(commands[i].name, name) == 0)
            command = &commands[i];
    if (command == NULL)
        return misused("%s: no such command", name);
    if (command->run == bench && optind < argc)
        options.calls = argv[optind++];
    if (optind < argc)
        return misused("%s: one argument too many", argv[optind]);
    for (const char *needed = command->needs; *needed != '\0'; needed++)
        if (*place(&options, *needed) == NULL)
            return misused("%s needs --%s", name, name_of(*needed));

    status = options.soter ? touchseal_soter_open(&session) : touchseal_open(&session);
    outcome = status == TOUCHSEAL_OK ? command->run(session, &options) : failed(&options, status);
    touchseal_close(&session);
    return outcome;
}
