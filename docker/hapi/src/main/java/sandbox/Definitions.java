package sandbox;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The search parameters that HAPI has built in: those of FHIR R4, and those that US Core 6.1.0 adds to them. They are no
 * resources of the database, so worlds, counts and server-given ids are as without them.
 */
class Definitions extends DefaultProfileValidationSupport {
	private static final boolean US_CORE = Server.flag("US_CORE", true);
	private static final String FILE = "/us-core-search-parameters.json";
	private final FhirContext myContext;

	Definitions(FhirContext theContext) {
		super(theContext);
		myContext = theContext;
	}

	@Override
	@SuppressWarnings("unchecked")
	public <T extends IBaseResource> List<T> fetchAllSearchParameters() {
		var retVal = new ArrayList<T>(super.fetchAllSearchParameters());
		if (US_CORE) {
			var bundle = myContext.newJsonParser().parseResource(Bundle.class, text());
			bundle.getEntry().forEach(entry -> retVal.add((T) entry.getResource()));
		}
		return retVal;
	}

	/** Names what is added to FHIR R4: a database is indexed by what was known when it was loaded. */
	static String mark() {
		try {
			var hash = MessageDigest.getInstance("SHA-256").digest(text().getBytes(StandardCharsets.UTF_8));
			return US_CORE ? "-" + HexFormat.of().formatHex(hash, 0, 4) : "";
		} catch (NoSuchAlgorithmException e) {
			throw new IllegalStateException(e);
		}
	}

	private static String text() {
		try (var in = Definitions.class.getResourceAsStream(FILE)) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		} catch (IOException e) {
			throw new IllegalStateException(e);
		}
	}
}
