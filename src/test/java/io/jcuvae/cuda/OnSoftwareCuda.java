package io.jcuvae.cuda;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test class that uses the software CUDA device in its own process. Such tests have a Java process to themselves (see the
 * executions of Surefire in the pom): what it has loaded would give every other test a CUDA device as well. A test fails
 * when the device complained, unless it took the complaints itself, and a class when it leaves memory allocated.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Tag("software-cuda")
@ExtendWith(SoftwareCudaExtension.class)
public @interface OnSoftwareCuda {
    /** Faults and switches that every test begins with. */
    String value() default "";
}
