// NIST's mindtct and bozorth3 as one program for the tests.
//
//   nbis detect WIDTH HEIGHT   pixels in; a line "x y theta quality" out for each minutia
//   nbis match MOST            two lists of such lines in, each after its length; out come the two
//                              lists that NIST matches, its MOST best of each, and the score
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bozorth.h>
// Both define macros of these names.
#undef max
#undef min
#include <lfs.h>

// What NIST's own programs define.
FILE *errorfp;
int m1_xyt, verbose_main, verbose_load, verbose_bozorth, verbose_threshold;
int max_minutiae, min_computable_minutiae = 10;

static void *must(void *allocated) {
    if (!allocated)
        abort();
    return allocated;
}

static int detect(int width, int height) {
    size_t size = (size_t)width * height;
    unsigned char *pixels = must(malloc(size)), *binary;
    if (fread(pixels, 1, size, stdin) != size)
        return 2;
    MINUTIAE *found;
    int *quality, *direction, *contrast, *flow, *curve, mw, mh, bw, bh, bd;
    int failed = get_minutiae(&found, &quality, &direction, &contrast, &flow, &curve, &mw, &mh,
                              &binary, &bw, &bh, &bd, pixels, width, height, 8, 500 / 25.4,
                              &lfsparms_V2);
    if (failed)
        return 3;
    for (int i = 0; i < found->num; i++) {
        int x, y, theta;
        lfs2nist_minutia_XYT(&x, &y, &theta, found->list[i], width, height);
        printf("%d %d %d %d\n", x, y, theta, sround(found->list[i]->reliability * 100.0));
    }
    return 0;
}

static struct xyt_struct *load(void) {
    struct xytq_struct *all = must(calloc(1, sizeof *all));
    if (scanf("%d", &all->nrows) != 1 || all->nrows > MAX_FILE_MINUTIAE)
        exit(2);
    for (int i = 0; i < all->nrows; i++)
        if (scanf("%d %d %d %d", &all->xcol[i], &all->ycol[i], &all->thetacol[i],
                  &all->qualitycol[i]) != 4)
            exit(2);
    return must(bz_prune(all, 0));
}

static void print(const struct xyt_struct *print) {
    for (int i = 0; i < print->nrows; i++)
        printf("%d %d %d\n", print->xcol[i], print->ycol[i], print->thetacol[i]);
}

int main(int count, char **args) {
    errorfp = stderr;
    if (count == 4 && !strcmp(args[1], "detect"))
        return detect(atoi(args[2]), atoi(args[3]));
    if (count != 3 || strcmp(args[1], "match"))
        return 1;
    max_minutiae = atoi(args[2]);
    struct xyt_struct *probe = load(), *gallery = load();
    print(probe);
    puts("");
    print(gallery);
    puts("");
    printf("%d\n", bozorth_main(probe, gallery));
    return 0;
}
