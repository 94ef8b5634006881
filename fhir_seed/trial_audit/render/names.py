"""Names of people, drawn independently of sex's, group's and label's meaning elsewhere; common in the United States."""

FAMILY = (
    "Adams", "Aguilar", "Allen", "Alvarez", "Anderson", "Bailey", "Baker", "Barnes", "Bell", "Bennett", "Brooks", "Brown",
    "Bryant", "Butler", "Campbell", "Carter", "Castillo", "Chavez", "Chen", "Clark", "Coleman", "Collins", "Cook", "Cooper",
    "Cox", "Cruz", "Davis", "Delgado", "Diaz", "Edwards", "Ellis", "Evans", "Fernandez", "Fisher", "Flores", "Ford",
    "Foster", "Garcia", "Gibson", "Gomez", "Gonzalez", "Graham", "Gray", "Green", "Griffin", "Hall", "Hamilton", "Harris",
    "Harrison", "Hayes", "Henderson", "Hernandez", "Hill", "Howard", "Hughes", "Jackson", "James", "Jenkins", "Jimenez",
    "Johnson", "Jones", "Jordan", "Kelly", "Kennedy", "Kim", "King", "Lee", "Lewis", "Long", "Lopez", "Marshall", "Martin",
    "Martinez", "McDonald", "Medina", "Mendoza", "Miller", "Mitchell", "Moore", "Morales", "Morgan", "Morris", "Murphy",
    "Murray", "Myers", "Nelson", "Nguyen", "Ortiz", "Owens", "Parker", "Patel", "Patterson", "Perez", "Perry", "Peterson",
    "Phillips", "Powell", "Price", "Ramirez", "Ramos", "Reed", "Reyes", "Reynolds", "Richardson", "Rivera", "Roberts",
    "Robinson", "Rodriguez", "Rogers", "Ross", "Ruiz", "Russell", "Sanchez", "Sanders", "Scott", "Shah", "Simmons", "Singh",
    "Smith", "Stevens", "Stewart", "Sullivan", "Taylor", "Thomas", "Thompson", "Torres", "Tran", "Turner", "Vasquez",
    "Walker", "Wallace", "Ward", "Washington", "Watson", "West", "White", "Williams", "Wilson", "Wong", "Wood", "Wright",
    "Young",
)  # fmt: skip

GIVEN = {
    "female": (
        "Alice", "Amanda", "Amy", "Andrea", "Angela", "Anita", "Anna", "Barbara", "Beth", "Brenda", "Carmen", "Carol",
        "Catherine", "Christine", "Cynthia", "Deborah", "Denise", "Diana", "Donna", "Dorothy", "Elaine", "Elena",
        "Elizabeth", "Emily", "Evelyn", "Frances", "Gloria", "Grace", "Helen", "Irene", "Jacqueline", "Janet", "Janice",
        "Jean", "Jennifer", "Joan", "Joyce", "Judith", "Julia", "Karen", "Kathleen", "Kimberly", "Laura", "Linda", "Lisa",
        "Lorraine", "Lucia", "Margaret", "Maria", "Marilyn", "Martha", "Mary", "Michelle", "Nancy", "Naomi", "Nicole",
        "Pamela", "Patricia", "Paula", "Rachel", "Rebecca", "Rosa", "Ruth", "Sandra", "Sara", "Sharon", "Sofia", "Susan",
        "Teresa", "Theresa", "Valerie", "Vanessa", "Victoria", "Virginia", "Wendy", "Yvonne",
    ),
    "male": (
        "Aaron", "Adam", "Alan", "Albert", "Alejandro", "Andrew", "Anthony", "Antonio", "Arthur", "Benjamin", "Brian",
        "Bruce", "Carlos", "Charles", "Christopher", "Daniel", "David", "Dennis", "Donald", "Douglas", "Edward", "Eric",
        "Ernest", "Eugene", "Francis", "Frank", "Gary", "George", "Gerald", "Gregory", "Harold", "Harry", "Henry", "Howard",
        "Ivan", "Jack", "James", "Jason", "Jeffrey", "Jerry", "Joel", "John", "Jonathan", "Jose", "Joseph", "Juan",
        "Keith", "Kenneth", "Kevin", "Larry", "Lawrence", "Louis", "Luis", "Manuel", "Mark", "Martin", "Michael", "Miguel",
        "Nathan", "Patrick", "Paul", "Peter", "Philip", "Rafael", "Ralph", "Raymond", "Richard", "Robert", "Roger",
        "Ronald", "Samuel", "Scott", "Stephen", "Steven", "Terry", "Thomas", "Timothy", "Victor", "Walter", "William",
    ),
}  # fmt: skip

STREETS = (
    "Birch Street", "Cedar Avenue", "Chestnut Street", "Church Road", "Elm Street", "Franklin Avenue", "Grove Lane",
    "Highland Avenue", "Hill Road", "Jackson Street", "Lake Drive", "Laurel Court", "Lincoln Avenue", "Main Street",
    "Maple Avenue", "Meadow Lane", "Mill Road", "Oak Street", "Park Avenue", "Pine Street", "Prospect Street", "Ridge Road",
    "River Road", "Spring Street", "Spruce Court", "Valley Road", "View Drive", "Walnut Street", "Washington Street",
    "Willow Lane",
)  # fmt: skip
