// inheritance from a final class 'Client'
import Kpclient

class Wrong: Client {}
