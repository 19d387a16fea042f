package io.jcuvae.contract;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The verbs of {@link io.jcuvae.tensor.Ops} that a test of the contract calls and compares. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Covers {
    /** Names of methods. */
    String[] value();
}
