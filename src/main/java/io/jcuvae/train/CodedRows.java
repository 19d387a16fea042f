package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.data.Table;

/**
 * The rows of a run as the model sees them.
 *
 * @param table how they are made of the source's rows
 * @param train rows to train on
 * @param test held-out rows
 */
record CodedRows(Table table, Dataset train, Dataset test) {
    /** Standardises by the training rows where that is asked for, or where they have a schema. */
    static CodedRows of(TrainConfig config, Dataset train, Dataset test) {
        Table table = train.table().named()
                ? train.table().fitted(train)
                : config.standardizes() ? Table.standardizing(train) : Table.NONE;
        return new CodedRows(table, table.encoded(train), table.encoded(test));
    }
}
