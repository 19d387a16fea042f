package io.jcuvae.cuda;

/**
 * How many threads a launch has. It depends on shapes alone, as the order of sums does.
 *
 * @param columns blocks in x
 * @param rows blocks in y
 * @param width threads of a block in x
 * @param height threads of a block in y
 */
record Grid(int columns, int rows, int width, int height) {
    private static final int WARP = 32;
    private static final int BLOCK = 256;
    /** Beyond this many blocks, threads take more than one turn. */
    private static final int MOST_BLOCKS = 4096;
    /** Sums that one block adds up in the end. */
    private static final int MOST_PARTS = 1024;
    /** What a device takes in y. */
    private static final int MOST_ROWS = 65_535;

    /** One block of one thread. */
    static Grid single() {
        return new Grid(1, 1, 1, 1);
    }

    /** One block that sums {@code count} values. */
    static Grid sum(long count) {
        return new Grid(1, 1, threads(count, 1024), 1);
    }

    /** Elements of a flat tensor, four a thread. */
    static Grid fours(long count) {
        return new Grid((int) Math.min(MOST_BLOCKS, blocks(blocks(count, 4), BLOCK)), 1, BLOCK, 1);
    }

    /** Elements of a flat tensor, one a thread. */
    static Grid ones(long count) {
        return new Grid((int) Math.min(MOST_BLOCKS, blocks(count, BLOCK)), 1, BLOCK, 1);
    }

    /**
     * Rows that are summed up or share a weight: some threads a row, short rows several to a block.
     *
     * @param items what a row has for each of its threads to take one of at a time
     */
    static Grid sums(int rows, int items) {
        int width = threads(items, 512);
        int height = Math.max(1, 128 / width);
        return new Grid((int) blocks(rows, height), 1, width, height);
    }

    /** A block for each code: some threads take a value each, the rest of them some of the slots, see vq_track. */
    static Grid slots(int codes, int size) {
        int width = Math.min(WARP, powerOfTwo(size));
        return new Grid(codes, 1, width, BLOCK / width);
    }

    /** Whole rows, one to a block. */
    static Grid wholeRows(int rows, int items) {
        return new Grid(rows, 1, threads(items, BLOCK), 1);
    }

    /** Rows in x and parts of them in y. */
    static Grid rowParts(int rows, long items) {
        int width = threads(items, BLOCK);
        return new Grid(rows, Math.toIntExact(blocks(items, width)), width, 1);
    }

    /** A matrix, four columns a thread, threads of a block over rows as well. */
    static Grid matrix(int rows, int columns) {
        int fours = (int) blocks(columns, 4);
        int width = Math.min(WARP, powerOfTwo(fours));
        int height = BLOCK / width;
        return new Grid((int) blocks(fours, width), (int) Math.min(MOST_ROWS, blocks(rows, height)), width, height);
    }

    /** Tiles of 16 columns and of some rows, see activation_backward_sums. */
    static Grid columnSums(int tiles, int columns) {
        return new Grid((int) blocks(columns, 16), tiles, 16, WARP);
    }

    /** Columns that are summed up, 32 to a block, each by eight threads. */
    static Grid columns(int columns) {
        return new Grid((int) blocks(columns, WARP), 1, WARP, BLOCK / WARP);
    }

    /** Elements of a flat tensor that are summed up to one value per block: at most {@value #MOST_PARTS}. */
    static Grid parts(long count) {
        return new Grid((int) Math.min(MOST_PARTS, blocks(count, 16 * BLOCK)), 1, BLOCK, 1);
    }

    /** Squares of 32 by 32 of matrices, see conv_swap_axes. */
    static Grid squares(int rows, int columns, int matrices) {
        int squares = Math.toIntExact(blocks(rows, WARP) * blocks(columns, WARP));
        return new Grid(squares, Math.min(MOST_ROWS, matrices), WARP, 8);
    }

    /** A matrix as {@link #matrix} has it, where a thread takes several rows once there are blocks enough. */
    static Grid matrixInTurns(int rows, int columns) {
        Grid whole = matrix(rows, columns);
        int most = Math.max(1, MOST_BLOCKS / whole.columns);
        return new Grid(whole.columns, Math.min(whole.rows, most), whole.width, whole.height);
    }

    /** Tiles of some columns and of some rows, see norm_moments: few columns leave more threads for rows. */
    static Grid columnTiles(int tiles, int columns) {
        int width = Math.min(WARP, powerOfTwo(columns));
        return new Grid((int) blocks(columns, width), tiles, width, BLOCK / width);
    }

    /** A power of two from 32 to the most. */
    private static int threads(long items, int most) {
        return Math.max(WARP, Math.min(most, powerOfTwo(Math.min(items, most))));
    }

    private static int powerOfTwo(long atLeast) {
        return 1 << (Long.SIZE - Long.numberOfLeadingZeros(atLeast - 1));
    }

    static long blocks(long count, long size) {
        return (count + size - 1) / size;
    }
}
