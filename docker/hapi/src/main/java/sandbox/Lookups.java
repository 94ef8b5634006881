package sandbox;

import org.hibernate.resource.jdbc.spi.StatementInspector;

import java.util.Collections;
import java.util.regex.Pattern;

/**
 * Lets H2 use its index when HAPI looks up the ids of a transaction. HAPI asks for <code>type=? and id=? or type=? and id=? ..</code>,
 * for which H2 reads the whole table and compares every row with every id; PostgreSQL does not. The same question as
 * <code>(type, id) in ((?, ?), (?, ?) ..)</code> is answered from the index over both columns.
 */
public class Lookups implements StatementInspector {
	private static final String ONE = "rt1_0\\.res_type=\\? and rt1_0\\.fhir_id=\\?";
	private static final Pattern ANY = Pattern.compile("\\((" + ONE + "(?: or " + ONE + ")+)\\)");

	@Override
	public String inspect(String theSql) {
		var found = ANY.matcher(theSql);
		if (!found.find()) {
			return theSql;
		}
		int ids = found.group(1).split(" or ").length;
		return found.replaceFirst("(rt1_0.res_type,rt1_0.fhir_id) in (" + String.join(",", Collections.nCopies(ids, "(?,?)")) + ")");
	}
}
